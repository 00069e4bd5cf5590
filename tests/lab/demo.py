#!/usr/bin/python3
"""Shows cygnet at work: three VPCs in three regions, one command in each, hosts that reach each other.

Ends with 0 only if every cell of the table it prints is filled and good. Leaves nothing behind.
"""

import sys
import time

import netns
from lab import end_on_signals, kernel_has_esp
from mesh import Mesh

HEADINGS = ["site", "address", "strongSwan", "tunnels", "bytes in/out"]

TUNNEL_SECONDS = 60


class Bad(Exception):
    """The mesh is not what it should be; the text says how."""


def say(started, text):
    print(f"{time.monotonic() - started:5.1f} s  {text}", flush=True)


def check_outcomes(outcomes):
    for name, done in outcomes.items():
        if done.returncode != 0:
            raise Bad(f"cygnet bootstrap in {name} ended with {done.returncode}:\n{done.stdout}{done.stderr}")


def last_line(text):
    return (text.strip().splitlines() or [""])[-1]


def wait_for_tunnels(mesh):
    deadline = time.monotonic() + TUNNEL_SECONDS
    while not mesh.has_all_tunnels() and time.monotonic() < deadline:
        time.sleep(0.5)


def row(mesh, site, pings):
    """A site's line of the table; a cell without a good value is empty."""
    children = site.gateway.installed_children()
    up = len({child["peer"] for child in children})
    sums = [sum(int(child[key]) for child in children) for key in ("bytes-in", "bytes-out")]
    wanted = len(mesh.sites) - 1
    cells = [site.name, site.gateway.address, site.gateway.strongswan_version(),
             f"{up} of {wanted}" if up == wanted else "", f"{sums[0]} / {sums[1]}" if all(sums) else ""]
    for other in mesh.sites:
        time_ms = pings.get((site.name, other.name))
        cells.append("-" if other is site else "" if time_ms is None else f"{time_ms:.1f} ms")
    return cells


def print_table(rows):
    widths = [max(len(line[column]) for line in rows) for column in range(len(rows[0]))]
    for line in rows:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


def show_mesh(mesh):
    """Prints the table; Bad names the sites with an empty cell."""
    pings = mesh.ping_matrix()
    rows = [row(mesh, site, pings) for site in mesh.sites]
    print()
    print_table([HEADINGS + [f"ping {site.name}" for site in mesh.sites], *rows])
    print()
    incomplete = [cells[0] for cells in rows if "" in cells]
    if incomplete:
        raise Bad(f"empty cells at {', '.join(incomplete)}")


def show_internet(mesh):
    seen = mesh.fabric.internet_traffic()
    leaked = sum(site.vpc.sent_in_the_clear(site.gateway.port) for site in mesh.sites)
    print(f"between the VPCs: {seen['ike']} packets of UDP 500, {seen['natt']} of UDP 4500; "
          f"{seen['refused']} others refused, {leaked} sent by a gateway in the clear")
    if seen["refused"] or leaked:
        raise Bad(f"something other than UDP 500 and 4500 was sent: {mesh.fabric.refused_flows()}")


def demonstrate(started):
    with Mesh(managed=True) as mesh:
        esp = "the kernel's ESP" if kernel_has_esp() else "ESP in user space, as this kernel has none (kernel-libipsec)"
        say(started, f"{len(mesh.sites)} VPCs stand, a gateway and a host in each; {esp}")
        say(started, "none has a route to another, a rule for it, or its Elastic IP; the source/dest checks are on")
        say(started, "cygnet bootstrap, in all three at the same time, with nothing but the instances' tags:")
        outcomes = mesh.bootstrap()
        for name, done in outcomes.items():
            print("\n".join(f"         {name}: {line}" for line in (done.stdout + done.stderr).splitlines()))
        check_outcomes(outcomes)
        say(started, "waiting for their timers: who booted side by side learns of the others one interval later")
        wait_for_tunnels(mesh)
        say(started, "the mesh is up; in each VPC the Elastic IP, routes and security groups are as cygnet has set them")
        show_mesh(mesh)
        show_internet(mesh)
        say(started, "cygnet bootstrap once more:")
        outcomes = mesh.bootstrap()
        check_outcomes(outcomes)
        for name, done in outcomes.items():
            print(f"         {name}: {last_line(done.stdout + done.stderr)}")
            if "nothing to do" not in done.stdout + done.stderr:
                raise Bad(f"the second bootstrap in {name} found something to do")


def main():
    started = time.monotonic()
    end_on_signals()
    try:
        demonstrate(started)
    except (Bad, netns.Failed) as failure:
        sys.exit(f"demo: {failure}")
    say(started, "done, and nothing of it is left")


main()
