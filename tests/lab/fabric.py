"""The network an EC2 instance lives in: VPC routers around one internet, each a network namespace.

Every instance hangs on a cable of its own, so that each packet passes its VPC's router, which does what AWS's does:
source/dest check, security groups, the route table of the subnet it comes from, public addresses as stateless 1:1 NAT.
The internet carries UDP 500 and 4500 between public addresses and TLS to the AWS API; it drops and counts the rest.
Knows neither strongSwan nor the fake AWS.
"""

import dataclasses
import ipaddress

import netns

INTERNET = "internet"
AWS_ADDRESS = "192.0.2.1"
METADATA_ADDRESS = "169.254.169.254"
RESOLVER_ADDRESS = "169.254.169.253"
TIME_ADDRESS = "169.254.169.123"
INSIDE_MTU = 9001
INTERNET_MTU = 1500
INTERFACE = "ens5"
GATEWAY = "internet gateway"    # where a route may lead, besides a Port and None: a blackhole
_LINKS = ipaddress.IPv4Network("198.18.0.0/15")
_FIRST_TABLE = 1000

_INTERNET_RULES = f"""
table ip internet {{
    set public {{ type ipv4_addr; }}
    set without_api {{ type ipv4_addr; }}
    set without_ike {{ type ipv4_addr; }}
    set refused_flows {{ type ipv4_addr . ipv4_addr . inet_proto; flags dynamic; size 1024; }}
    counter ike {{ }}
    counter natt {{ }}
    counter api {{ }}
    counter refused {{ }}
    chain forward {{
        type filter hook forward priority filter; policy drop;
        ip daddr @without_ike udp dport 500 drop
        ip saddr @public ip daddr @public udp dport 500 counter name ike accept
        ip saddr @public ip daddr @public udp dport 4500 counter name natt accept
        counter name refused add @refused_flows {{ ip saddr . ip daddr . ip protocol }} drop
    }}
    chain input {{
        type filter hook input priority filter; policy drop;
        iifname lo accept
        ip saddr @without_api tcp dport 443 reject with tcp reset
        ip saddr @public ip daddr {AWS_ADDRESS} tcp dport 443 counter name api accept
        # The rest of a connection whose gateway has just been given another address.
        ip daddr {AWS_ADDRESS} tcp dport 443 drop
        counter name refused add @refused_flows {{ ip saddr . ip daddr . ip protocol }} drop
    }}
}}
"""

# The NAT is outside of what conntrack sees: a connection is cut by a new address, as its other end knows the old one.
_VPC_RULES = """
table ip vpc {
    map public { type ipv4_addr : ipv4_addr; }
    map private { type ipv4_addr : ipv4_addr; }
    set foreign { type ipv4_addr; flags interval; }
    map clear { type ifname : counter; }
    set checked { type ifname; }
    set owned { type ifname . ipv4_addr; }
    map egress { type ifname : verdict; }
    map ingress { type ifname : verdict; }
    counter unchecked_source { }
    counter unchecked_destination { }
    counter unaddressed { }
    counter ungrouped { }
    chain to_private {
        type filter hook prerouting priority -310;
        iifname "internet" ip daddr set ip daddr map @private
    }
    chain arrive {
        type filter hook prerouting priority raw;
        ip daddr @foreign counter name iifname map @clear
        iifname @checked iifname . ip saddr != @owned counter name unchecked_source drop
    }
    chain groups {
        type filter hook forward priority filter;
        ct state established,related accept
        iifname vmap @egress
        oifname vmap @ingress
    }
    chain leave {
        type filter hook postrouting priority filter;
        oifname @checked oifname . ip daddr != @owned counter name unchecked_destination drop
    }
    chain to_public {
        type filter hook postrouting priority srcnat;
        oifname != "internet" accept
        ip saddr set ip saddr map @public accept
        counter name unaddressed drop
    }
}
"""


@dataclasses.dataclass(eq=False)
class Port:
    """A cable of a VPC's router, and the namespace at its other end."""
    netns: str     # the namespace of what is plugged in
    cable: str     # the interface at the router
    address: ipaddress.IPv4Interface
    mac: str
    plugged: bool = False
    table: str = None       # whose routes hold for what it sends
    public: str = None      # its address in the internet


@dataclasses.dataclass(frozen=True)
class Rule:
    """A row of a security group: what it lets pass between its members and `ranges`."""
    ranges: tuple
    protocol: str = None    # "tcp", "udp", "icmp", a number; None: all
    ports: tuple = None     # the first and the last; for icmp the type and the code, None: any

    def match(self, side):
        """As nft's words; `side` is what of a packet has to be in the ranges."""
        words = f"ip {side} {{ {', '.join(self.ranges)} }}"
        if self.protocol is None:
            return words
        if self.ports is None:
            return f"{words} ip protocol {self.protocol}"
        first, last = self.ports
        if self.protocol != "icmp":
            return f"{words} {self.protocol} dport {first}-{last}"
        return f"{words} icmp type {first}" + ("" if last is None else f" icmp code {last}")


class Vpc:
    def __init__(self, name, ranges, uplink):
        self.name = name
        self.netns = name
        self.ranges = [ipaddress.IPv4Network(r) for r in ranges]
        self.resolver = str(self.ranges[0].network_address + 2)
        self._uplink = uplink
        self._ports = []
        self._numbers = {}      # the kernel's, of each route table
        self._routes = {}       # of each route table: {destination: Port, GATEWAY or None}
        self._installed = {}    # the same as the kernel was told
        self._build(*uplink)

    def _build(self, cable, outside, inside):
        netns.add(self.netns)
        netns.ip(INTERNET,
                 f"link add {cable} mtu {INTERNET_MTU} type veth"
                 f" peer name internet mtu {INTERNET_MTU} netns {self.netns}",
                 f"addr add {outside}/30 dev {cable}", f"link set {cable} up")
        local = [METADATA_ADDRESS, RESOLVER_ADDRESS, TIME_ADDRESS, self.resolver]
        netns.ip(self.netns,
                 f"addr add {inside}/30 dev internet", "link set internet up",
                 *(f"addr add {address}/32 dev lo" for address in local),
                 *(f"route add blackhole {r}" for r in self.ranges),
                 # The VPC's own addresses, in `main`, go before any route table.
                 "rule add pref 100 lookup main")
        netns.sysctl(self.netns, {"net.ipv4.ip_forward": 1, "net.ipv4.conf.all.rp_filter": 0,
                                  "net.ipv4.conf.all.send_redirects": 0, "net.ipv4.conf.default.send_redirects": 0})
        netns.nft(self.netns, _VPC_RULES)

    def know_foreign(self, ranges):
        """Names the ranges of the other VPCs: a packet for one of them, on a cable, is in the clear there."""
        netns.nft(self.netns, f"add element ip vpc foreign {{ {', '.join(map(str, ranges))} }}")

    # --- cables

    def attach(self, name, cable, address, mac):
        """Makes the namespace `name`, its interface ens5 on a new cable of this VPC: the source/dest check is on, no
        security group lets anything pass, no route leads out of the VPC."""
        port = Port(name, cable, ipaddress.IPv4Interface(address), mac)
        netns.nft(self.netns, f"""
            add counter ip vpc {cable}
            add element ip vpc owned {{ "{cable}" . {port.address.ip} }}
            add element ip vpc clear {{ "{cable}" : "{cable}" }}
            add element ip vpc checked {{ "{cable}" }}
            add chain ip vpc out_{cable}
            add chain ip vpc in_{cable}
            add element ip vpc egress {{ "{cable}" : jump out_{cable} }}
            add element ip vpc ingress {{ "{cable}" : jump in_{cable} }}
            """)
        self.filter(port, [], [])
        self._ports.append(port)
        self.connect(port)
        return port

    def connect(self, port):
        """Plugs the cable in: a new namespace, without any rule, setting or device of an earlier one."""
        router = port.address.network.network_address + 1
        cable = port.cable
        netns.add(port.netns)
        netns.ip(self.netns,
                 f"link add {cable} mtu {INSIDE_MTU} type veth"
                 f" peer name {INTERFACE} mtu {INSIDE_MTU} address {port.mac} netns {port.netns}",
                 f"addr replace {router}/32 dev lo", f"link set {cable} up",
                 f"route add {port.address.ip}/32 dev {cable} src {router}")
        netns.sysctl(self.netns, {f"net.ipv4.conf.{cable}.proxy_arp": 1, f"net.ipv4.neigh.{cable}.proxy_delay": 0})
        netns.ip(port.netns, f"addr add {port.address} dev {INTERFACE}", f"link set {INTERFACE} up",
                 f"route add default via {router}")
        port.plugged = True
        self._install_routes()

    def disconnect(self, port):
        """Pulls the cable and ends the namespace; what the VPC knows of the port stays."""
        port.plugged = False
        self._install_routes()
        netns.ip(self.netns, f"link delete {port.cable}")
        netns.delete(port.netns)

    # --- what passes, and where to

    def check(self, port, on):
        """The source/dest check: a packet neither from nor to the port's own address does not pass."""
        netns.nft(self.netns, f'{"add" if on else "delete"} element ip vpc checked {{ "{port.cable}" }}')

    def filter(self, port, ingress, egress):
        """The rules of the port's security groups; an answer passes without one."""
        lines = []
        for chain, side, rules in ((f"in_{port.cable}", "saddr", ingress), (f"out_{port.cable}", "daddr", egress)):
            lines.append(f"flush chain ip vpc {chain}")
            lines += [f"add rule ip vpc {chain} {rule.match(side)} return" for rule in rules]
            lines.append(f"add rule ip vpc {chain} counter name ungrouped drop")
        netns.nft(self.netns, "\n".join(lines))

    def set_routes(self, table, routes):
        """All that a route table says: {destination: Port, GATEWAY or None}. It is made when first named."""
        self._numbers.setdefault(table, _FIRST_TABLE + len(self._numbers))
        self._routes[table] = dict(routes)
        self._install_routes()

    def use_table(self, port, table):
        """Makes a route table that of the port's subnet; None: there is no way out of the VPC."""
        lines = [f"rule add pref 200 iif {port.cable} lookup {self._numbers[table]}"] if table else []
        lines += [f"rule delete pref 200 iif {port.cable} lookup {self._numbers[port.table]}"] if port.table else []
        netns.ip(self.netns, *lines)
        port.table = table

    def _install_routes(self):
        """Tells the kernel what is not as it knows it; a route to what is not plugged in is a blackhole."""
        wanted = {(table, destination): self._next_hop(target) for table, routes in self._routes.items()
                  for destination, target in routes.items()}
        gone = [f"route delete {destination} table {self._numbers[table]}"
                for table, destination in self._installed if (table, destination) not in wanted]
        new = [f"route replace {self._next_hop_words(destination, hop)} table {self._numbers[table]}"
               for (table, destination), hop in wanted.items() if self._installed.get((table, destination)) != hop]
        if gone or new:
            netns.ip(self.netns, *gone, *new)
        self._installed = wanted

    def _next_hop(self, target):
        if target == GATEWAY:
            return f"via {self._uplink[1]} dev internet"
        if target is None or not target.plugged:
            return None
        return f"via {target.address.ip} dev {target.cable}"

    @staticmethod
    def _next_hop_words(destination, hop):
        return f"{destination} {hop}" if hop else f"blackhole {destination}"

    def set_address(self, port, public):
        """Gives the port this public address in place of the one that it had; None: it has none."""
        if port.public:
            self._free_address(port)
        if public:
            cable, _, inside = self._uplink
            netns.nft(self.netns, f"""
                add element ip vpc public {{ {port.address.ip} : {public} }}
                add element ip vpc private {{ {public} : {port.address.ip} }}
                """)
            netns.ip(INTERNET, f"route add {public}/32 via {inside} dev {cable}")
            netns.nft(INTERNET, f"add element ip internet public {{ {public} }}")
        port.public = public

    def _free_address(self, port):
        netns.nft(INTERNET, f"delete element ip internet public {{ {port.public} }}")
        netns.ip(INTERNET, f"route delete {port.public}/32")
        netns.nft(self.netns, f"""
            delete element ip vpc public {{ {port.address.ip} }}
            delete element ip vpc private {{ {port.public} }}
            """)

    # --- what was seen

    def sent_in_the_clear(self, port):
        """Packets that came from the port with another VPC's range as destination, unencrypted."""
        return counters(self.netns, "vpc")[port.cable]

    def refused_by_check(self):
        """Packets that the source/dest check dropped."""
        found = counters(self.netns, "vpc")
        return found["unchecked_source"] + found["unchecked_destination"]

    def refused_by_group(self):
        """Packets that no security group let pass."""
        return counters(self.netns, "vpc")["ungrouped"]


class Fabric:
    """The internet and the VPCs around it; made within `netns.privatise`, gone with the process."""

    def __init__(self):
        self.vpcs = {}
        netns.add(INTERNET)
        netns.ip(INTERNET, f"addr add {AWS_ADDRESS}/32 dev lo")
        netns.sysctl(INTERNET, {"net.ipv4.ip_forward": 1, "net.ipv4.conf.all.rp_filter": 0})
        netns.nft(INTERNET, _INTERNET_RULES)

    def add_vpc(self, name, ranges):
        """A VPC in a namespace of its own, which no other VPC's ranges may overlap."""
        link = _LINKS[4 * len(self.vpcs)]
        vpc = Vpc(name, ranges, (f"vpc{len(self.vpcs)}", str(link + 1), str(link + 2)))
        for other in self.vpcs.values():
            other.know_foreign(vpc.ranges)
            vpc.know_foreign(other.ranges)
        self.vpcs[name] = vpc
        return vpc

    def withhold(self, what, public):
        """A public address gets no answer of the API ("api"), or nobody's request for an IKE_SA ("ike")."""
        netns.nft(INTERNET, f"add element ip internet without_{what} {{ {public} }}")

    def give_back(self, what, public):
        netns.nft(INTERNET, f"delete element ip internet without_{what} {{ {public} }}")

    def internet_traffic(self):
        """Packets the internet saw: {"ike": n, "natt": n, "api": n, "refused": n}."""
        return counters(INTERNET, "internet")

    def refused_flows(self):
        """What the internet refused, as (source, destination, protocol)."""
        found = netns.nft_objects(INTERNET, "set", "ip", "internet", "refused_flows")
        return [tuple(element["concat"]) for entry in found for element in entry.get("set", {}).get("elem", [])]


def counters(name, table):
    """The packets of every named counter of a namespace's table."""
    found = netns.nft_objects(name, "counters", "table", "ip", table)
    return {o["counter"]["name"]: o["counter"]["packets"] for o in found if "counter" in o}
