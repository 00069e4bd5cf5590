"""The network an EC2 instance lives in: VPC routers around one internet, each a network namespace.

Every instance hangs on a cable of its own, so that each packet passes its VPC's router, which does what AWS's does:
source/dest check, route table, Elastic IPs as 1:1 NAT. The internet carries UDP 500 and 4500 between Elastic IPs
and TLS to the AWS API; it drops and counts the rest. Knows neither strongSwan nor the fake AWS.
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
_LINKS = ipaddress.IPv4Network("198.18.0.0/15")

_INTERNET_RULES = f"""
table ip internet {{
    set elastic {{ type ipv4_addr; }}
    set refused_flows {{ type ipv4_addr . ipv4_addr . inet_proto; flags dynamic; size 1024; }}
    counter ike {{ }}
    counter natt {{ }}
    counter api {{ }}
    counter refused {{ }}
    chain forward {{
        type filter hook forward priority filter; policy drop;
        ip saddr @elastic ip daddr @elastic udp dport 500 counter name ike accept
        ip saddr @elastic ip daddr @elastic udp dport 4500 counter name natt accept
        counter name refused add @refused_flows {{ ip saddr . ip daddr . ip protocol }} drop
    }}
    chain input {{
        type filter hook input priority filter; policy drop;
        iifname lo accept
        ip saddr @elastic ip daddr {AWS_ADDRESS} tcp dport 443 counter name api accept
        counter name refused add @refused_flows {{ ip saddr . ip daddr . ip protocol }} drop
    }}
}}
"""

_VPC_RULES = """
table ip vpc {
    map public { type ipv4_addr : ipv4_addr; }
    map private { type ipv4_addr : ipv4_addr; }
    set foreign { type ipv4_addr; flags interval; }
    map clear { type ifname : counter; }
    set checked { type ifname; }
    set owned { type ifname . ipv4_addr; }
    counter unchecked_source { }
    counter unchecked_destination { }
    chain arrive {
        type filter hook prerouting priority raw;
        ip daddr @foreign counter name iifname map @clear
        iifname @checked iifname . ip saddr != @owned counter name unchecked_source drop
    }
    chain leave {
        type filter hook postrouting priority filter;
        oifname @checked oifname . ip daddr != @owned counter name unchecked_destination drop
    }
    chain to_private {
        type nat hook prerouting priority dstnat;
        iifname "internet" dnat to ip daddr map @private
    }
    chain to_public {
        type nat hook postrouting priority srcnat;
        oifname "internet" snat to ip saddr map @public
    }
}
"""


@dataclasses.dataclass
class Port:
    """A cable of a VPC's router, and the namespace at its other end."""
    netns: str     # the namespace of what is plugged in
    cable: str     # the interface at the router
    address: ipaddress.IPv4Interface
    mac: str


class Vpc:
    def __init__(self, name, ranges, uplink):
        self.name = name
        self.netns = name
        self.ranges = [ipaddress.IPv4Network(r) for r in ranges]
        self.resolver = str(self.ranges[0].network_address + 2)
        self._uplink = uplink
        self._routes = {}
        self._build(*uplink)

    def _build(self, cable, outside, inside):
        netns.add(self.netns)
        netns.ip(INTERNET,
                 f"link add {cable} mtu {INTERNET_MTU} type veth peer name internet mtu {INTERNET_MTU} netns {self.netns}",
                 f"addr add {outside}/30 dev {cable}", f"link set {cable} up")
        local = [METADATA_ADDRESS, RESOLVER_ADDRESS, TIME_ADDRESS, self.resolver]
        netns.ip(self.netns,
                 f"addr add {inside}/30 dev internet", "link set internet up", f"route add default via {outside}",
                 *(f"addr add {address}/32 dev lo" for address in local),
                 *(f"route add blackhole {r}" for r in self.ranges))
        netns.sysctl(self.netns, {"net.ipv4.ip_forward": 1, "net.ipv4.conf.all.rp_filter": 0,
                                  "net.ipv4.conf.all.send_redirects": 0, "net.ipv4.conf.default.send_redirects": 0})
        netns.nft(self.netns, _VPC_RULES)

    def know_foreign(self, ranges):
        """Names the ranges of the other VPCs: a packet for one of them, on a cable, is in the clear there."""
        netns.nft(self.netns, f"add element ip vpc foreign {{ {', '.join(map(str, ranges))} }}")

    def attach(self, name, cable, address, mac):
        """Makes the namespace `name`, its interface ens5 on a new cable of this VPC, the source/dest check on."""
        port = Port(name, cable, ipaddress.IPv4Interface(address), mac)
        netns.nft(self.netns, f"""
            add counter ip vpc {cable}
            add element ip vpc owned {{ "{cable}" . {port.address.ip} }}
            add element ip vpc clear {{ "{cable}" : "{cable}" }}
            """)
        self.check(port, True)
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
                 f"route add {port.address.ip}/32 dev {cable} src {router}",
                 *(f"route add {r} via {port.address.ip} dev {cable}" for r, p in self._routes.items() if p is port))
        netns.sysctl(self.netns, {f"net.ipv4.conf.{cable}.proxy_arp": 1, f"net.ipv4.neigh.{cable}.proxy_delay": 0})
        netns.ip(port.netns, f"addr add {port.address} dev {INTERFACE}", f"link set {INTERFACE} up",
                 f"route add default via {router}")

    def disconnect(self, port):
        """Pulls the cable and ends the namespace; what the VPC knows of the port stays."""
        netns.ip(self.netns, f"link delete {port.cable}")
        netns.delete(port.netns)

    def check(self, port, on):
        """The source/dest check: a packet neither from nor to the port's own address does not pass."""
        netns.nft(self.netns, f'{"add" if on else "delete"} element ip vpc checked {{ "{port.cable}" }}')

    def route(self, destination, port):
        """An entry of the VPC's route table."""
        netns.ip(self.netns, f"route add {destination} via {port.address.ip} dev {port.cable}")
        self._routes[destination] = port

    def map_address(self, public, port):
        """Gives the port an Elastic IP."""
        cable, _, inside = self._uplink
        netns.nft(self.netns, f"""
            add element ip vpc public {{ {port.address.ip} : {public} }}
            add element ip vpc private {{ {public} : {port.address.ip} }}
            """)
        netns.ip(INTERNET, f"route add {public}/32 via {inside} dev {cable}")
        netns.nft(INTERNET, f"add element ip internet elastic {{ {public} }}")

    def sent_in_the_clear(self, port):
        """Packets that came from the port with another VPC's range as destination, unencrypted."""
        return counters(self.netns, "vpc")[port.cable]

    def refused_by_check(self):
        """Packets that the source/dest check dropped."""
        found = counters(self.netns, "vpc")
        return found["unchecked_source"] + found["unchecked_destination"]


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
