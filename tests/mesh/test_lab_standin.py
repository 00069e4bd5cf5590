"""The stand-in for systemd runs Debian's own units, and refuses what it does not know. No cygnet here."""

import time

import pytest
from checks import eventually
from standin import unitfile

UNITS = "/etc/systemd/system/"
NOTE = "ExecStart=/bin/sh -c 'echo run >>/tmp/{0}'\n"


@pytest.fixture
def machine(lab):
    gateway = lab.sites[0].gateway
    gateway.wait_booted()
    yield gateway
    for file in gateway.path(UNITS).glob("try*"):
        gateway.run(["systemctl", "disable", "--now", file.name])
        file.unlink()
    gateway.check(["systemctl", "daemon-reload"])
    gateway.run(["sh", "-c", "rm -rf /tmp/* /etc/systemd/system/*.d/try*"])


def systemctl(machine, *words):
    done = machine.run(["systemctl", *words])
    return done.returncode, done.stdout.strip(), done.stderr.strip()


def unit(machine, name, text):
    machine.write(UNITS + name, text)
    machine.check(["systemctl", "daemon-reload"])


def show(machine, name, *properties):
    return machine.check(["systemctl", "show", "--value", *(f"-p{key}" for key in properties), name]).splitlines()


def runs(machine, name):
    """How often a unit wrote its line."""
    file = machine.path(f"/tmp/{name}")
    return len(file.read_text().splitlines()) if file.exists() else 0


# --- Debian's units

def test_the_packages_units_run_after_a_boot(machine):
    names = ["strongswan", "strongswan-swanctl", "strongswan-starter", "chrony", "chronyd", "systemd-sysctl"]
    assert {name: systemctl(machine, "is-active", name)[1] for name in names} == dict.fromkeys(names, "active")
    assert systemctl(machine, "is-active", "nftables")[:2] == (3, "inactive")


def test_the_main_process_is_the_daemon(machine):
    for name, program in (("strongswan", "charon-systemd"), ("chrony", "chronyd"), ("strongswan-starter", "starter")):
        pid, = show(machine, name, "MainPID")
        assert machine.read(f"/proc/{pid}/comm").strip() == program[:15]


def test_restart_makes_another_process_and_reload_does_not(machine):
    first, = show(machine, "strongswan", "MainPID")
    assert systemctl(machine, "reload", "strongswan") == (0, "", "")
    assert show(machine, "strongswan", "MainPID") == [first]
    assert systemctl(machine, "restart", "strongswan") == (0, "", "")
    assert show(machine, "strongswan", "MainPID") != [first]


def test_stop_leaves_no_process(machine):
    machine.check(["systemctl", "stop", "strongswan-starter"])
    assert "starter" not in machine.check(["ps", "-e", "-o", "comm"])
    assert show(machine, "strongswan-starter", "ActiveState", "MainPID") == ["inactive", "0"]


def test_a_killed_charon_is_started_again(machine):
    pid, = show(machine, "strongswan", "MainPID")
    machine.check(["kill", "-ABRT", pid])
    eventually(lambda: show(machine, "strongswan", "ActiveState", "NRestarts") == ["active", "1"])


def test_charon_logs_to_its_unit(machine):
    assert "spawning 16 worker threads" in machine.log("strongswan.service")


def test_only_what_is_enabled_comes_back_after_a_reboot(machine):
    machine.check(["systemctl", "disable", "strongswan-starter"])
    machine.write("/etc/sysctl.d/try.conf", "net.ipv4.ip_forward = 1\n")
    machine.check(["ip", "link", "add", "gone", "type", "veth", "peer", "name", "gone2"])
    machine.reboot()
    machine.wait_booted()
    assert systemctl(machine, "is-active", "strongswan-starter")[1] == "inactive"
    assert systemctl(machine, "is-active", "strongswan")[1] == "active"
    assert machine.check(["sysctl", "-n", "net.ipv4.ip_forward"]) == "1\n"
    assert "gone" not in machine.check(["ip", "link"])


# --- starting, stopping, failing

def test_exit_codes_are_systemctls(machine):
    missing = "Failed to start nothing.service: Unit nothing.service not found."
    assert systemctl(machine, "start", "nothing") == (5, "", missing)
    assert systemctl(machine, "is-enabled", "nothing")[0] == 1
    assert systemctl(machine, "enable", "nothing")[0] == 1
    assert systemctl(machine, "status", "nothing")[0] == 4
    assert systemctl(machine, "status", "nftables")[0] == 3
    assert show(machine, "nothing", "LoadState", "ActiveState") == ["not-found", "inactive"]


def test_a_failing_command_fails_the_start(machine):
    unit(machine, "try.service", "[Service]\nType=oneshot\nExecStart=/bin/false\n")
    code, _, said = systemctl(machine, "start", "try")
    assert code == 1 and said.startswith("Job for try.service failed")
    assert show(machine, "try", "ActiveState", "Result") == ["failed", "exit-code"]
    assert systemctl(machine, "is-failed", "try") == (0, "failed", "")


def test_a_program_that_is_not_there_fails_the_start(machine):
    unit(machine, "try.service", "[Service]\nExecStart=/usr/bin/no-such\n")
    assert systemctl(machine, "start", "try")[0] == 1


def test_listed_exit_codes_are_a_success(machine):
    unit(machine, "try.service", "[Service]\nType=oneshot\nSuccessExitStatus=3 75\nExecStart=/bin/sh -c 'exit 75'\n")
    assert systemctl(machine, "start", "try") == (0, "", "")
    assert show(machine, "try", "ActiveState", "ExecMainStatus") == ["inactive", "75"]


def test_a_command_that_hangs_is_stopped_in_time(machine):
    unit(machine, "try.service", "[Service]\nType=oneshot\nTimeoutStartSec=500ms\nExecStart=/bin/sleep 60\n")
    assert systemctl(machine, "start", "try")[0] == 1
    assert show(machine, "try", "Result") == ["timeout"]
    assert "sleep" not in machine.check(["ps", "-e", "-o", "comm"])


def test_a_oneshot_that_remains_is_active_once(machine):
    unit(machine, "try.service", "[Service]\nType=oneshot\nRemainAfterExit=yes\n" + NOTE.format("try")
         + "ExecStop=/bin/sh -c 'echo stopped >>/tmp/stopped'\n")
    machine.check(["systemctl", "start", "try"])
    machine.check(["systemctl", "start", "try"])
    assert show(machine, "try", "ActiveState", "SubState") == ["active", "exited"]
    machine.check(["systemctl", "stop", "try"])
    assert (runs(machine, "try"), runs(machine, "stopped")) == (1, 1)


def test_units_wait_for_what_they_are_after(machine):
    unit(machine, "try-first.service", "[Service]\nType=oneshot\nExecStart=/bin/sleep 0.5\n"
         + NOTE.format("order").replace("run", "first"))
    unit(machine, "try-second.service", "[Unit]\nRequires=try-first.service\nAfter=try-first.service\n"
         "[Service]\nType=oneshot\n" + NOTE.format("order").replace("run", "second"))
    machine.check(["systemctl", "start", "try-second"])
    assert machine.read("/tmp/order") == "first\nsecond\n"


def test_what_requires_a_failed_unit_does_not_start(machine):
    unit(machine, "try-first.service", "[Service]\nType=oneshot\nExecStart=/bin/false\n")
    unit(machine, "try-second.service", "[Unit]\nRequires=try-first.service\nAfter=try-first.service\n"
         "[Service]\nType=oneshot\n" + NOTE.format("second"))
    assert systemctl(machine, "start", "try-second")[0] == 1
    assert runs(machine, "second") == 0


def test_conflicting_units_stop_each_other(machine):
    unit(machine, "try-one.service", "[Unit]\nConflicts=try-two.service\n[Service]\nExecStart=/bin/sleep 60\n")
    unit(machine, "try-two.service", "[Service]\nExecStart=/bin/sleep 60\n")
    machine.check(["systemctl", "start", "try-one"])
    machine.check(["systemctl", "start", "try-two"])
    assert systemctl(machine, "is-active", "try-one", "try-two")[1] == "inactive\nactive"


def test_a_unit_that_is_part_of_another_shares_its_restarts_and_reloads(machine):
    unit(machine, "try-main.service", "[Service]\nExecStart=/bin/sleep 60\nExecReload=/bin/true\n")
    unit(machine, "try-part.service", "[Unit]\nPartOf=try-main.service\nReloadPropagatedFrom=try-main.service\n"
         "[Service]\nType=oneshot\nRemainAfterExit=yes\n" + NOTE.format("started")
         + NOTE.format("reloaded").replace("ExecStart", "ExecReload"))
    machine.check(["systemctl", "start", "try-main", "try-part"])
    machine.check(["systemctl", "restart", "try-main"])
    machine.check(["systemctl", "reload", "try-main"])
    assert (runs(machine, "started"), runs(machine, "reloaded")) == (2, 1)
    machine.check(["systemctl", "stop", "try-main"])
    assert systemctl(machine, "is-active", "try-part")[1] == "inactive"


def test_a_unit_whose_condition_fails_is_passed_over(machine):
    unit(machine, "try.service", "[Unit]\nConditionPathExists=/no/such\n[Service]\nType=oneshot\n" + NOTE.format("try"))
    assert systemctl(machine, "start", "try")[0] == 0
    assert runs(machine, "try") == 0


def test_a_service_has_systemds_environment_and_no_more(machine):
    machine.write("/etc/try.env", "FILE='two words'\n")
    unit(machine, "try-env.service", "[Service]\nType=oneshot\nEnvironment=ONE=1 \"TWO=b c\"\nEnvironmentFile=/etc/try.env\n"
         "RuntimeDirectory=try\nExecStart=/usr/bin/env\n")
    machine.check(["systemctl", "start", "try-env"])
    found = dict(line.split("=", 1) for line in machine.log("try-env.service").splitlines())
    assert set(found) == {"PATH", "LANG", "INVOCATION_ID", "ONE", "TWO", "FILE", "RUNTIME_DIRECTORY"}
    assert (found["TWO"], found["FILE"]) == ("b c", "two words")


# --- unit files

def test_a_changed_file_counts_after_daemon_reload(machine):
    unit(machine, "try.service", "[Service]\nType=oneshot\n" + NOTE.format("old"))
    machine.check(["systemctl", "start", "try"])
    machine.write(UNITS + "try.service", "[Service]\nType=oneshot\n" + NOTE.format("new"))
    assert "changed on disk" in systemctl(machine, "start", "try")[2]
    assert (runs(machine, "old"), runs(machine, "new")) == (2, 0)
    machine.check(["systemctl", "daemon-reload"])
    assert systemctl(machine, "start", "try")[2] == ""
    assert (runs(machine, "old"), runs(machine, "new")) == (2, 1)


def test_drop_ins_add_and_reset(machine):
    unit(machine, "try.service", "[Service]\nType=oneshot\n" + NOTE.format("base"))
    unit(machine, "try.service.d/10.conf", "[Service]\nExecStart=\n" + NOTE.format("instead"))
    machine.check(["systemctl", "start", "try"])
    assert (runs(machine, "base"), runs(machine, "instead")) == (0, 1)
    machine.run(["rm", "-r", UNITS + "try.service.d"])


def test_enabling_makes_the_links_that_install_asks_for(machine):
    unit(machine, "try.service", "[Service]\nType=oneshot\n" + NOTE.format("try")
         + "[Install]\nWantedBy=multi-user.target\nAlias=tried.service\n")
    assert systemctl(machine, "is-enabled", "try") == (1, "disabled", "")
    machine.check(["systemctl", "enable", "--now", "try"])
    assert runs(machine, "try") == 1
    assert systemctl(machine, "is-enabled", "try", "tried") == (0, "enabled\nalias", "")
    machine.check(["systemctl", "disable", "try"])
    assert systemctl(machine, "is-enabled", "try")[0] == 1
    assert not machine.path(UNITS + "tried.service").is_symlink()


def test_a_masked_unit_does_not_start(machine):
    machine.check(["systemctl", "mask", "nftables"])
    masked = "Failed to start nftables.service: Unit nftables.service is masked."
    assert systemctl(machine, "start", "nftables") == (1, "", masked)
    machine.check(["systemctl", "unmask", "nftables"])
    assert systemctl(machine, "is-enabled", "nftables") == (1, "disabled", "")


# --- timers

def test_a_timer_starts_its_unit_again_and_again(machine):
    unit(machine, "try.service", "[Service]\nType=oneshot\n" + NOTE.format("try"))
    unit(machine, "try.timer", "[Timer]\nOnActiveSec=200ms\nOnUnitInactiveSec=300ms\nAccuracySec=1us\n"
         "[Install]\nWantedBy=timers.target\n")
    assert systemctl(machine, "enable", "--now", "try.timer")[0] == 0
    eventually(lambda: runs(machine, "try") >= 3)
    machine.check(["systemctl", "stop", "try.timer"])
    seen = runs(machine, "try")
    time.sleep(0.8)
    assert runs(machine, "try") == seen


def test_a_timer_counts_from_the_boot(machine):
    unit(machine, "try.service", "[Service]\nType=oneshot\n" + NOTE.format("try"))
    unit(machine, "try.timer", "[Timer]\nOnBootSec=1us\n")
    machine.check(["systemctl", "start", "try.timer"])
    eventually(lambda: runs(machine, "try") == 1)
    eventually(lambda: show(machine, "try.timer", "ActiveState", "SubState") == ["active", "elapsed"])


# --- what it refuses

@pytest.mark.parametrize("words", [["frobnicate", "chrony"], ["--user", "start", "chrony"],
                                   ["show", "-pNoSuchThing", "chrony"]])
def test_an_unknown_word_of_systemctl_fails_and_is_told(machine, words):
    assert systemctl(machine, *words)[0] != 0
    assert len(machine.take_complaints()) == 1


@pytest.mark.parametrize("text", ["[Service]\nExecStrat=/bin/true\nExecStart=/bin/true\n",
                                  "[Servce]\nExecStart=/bin/true\n", "[Service]\nType=dubs\nExecStart=/bin/true\n"])
def test_an_unknown_setting_of_cygnets_units_is_told(machine, text):
    machine.write(UNITS + "cygnet-try.service", text)
    machine.run(["systemctl", "start", "cygnet-try"])
    machine.run(["rm", UNITS + "cygnet-try.service"])
    assert len(machine.take_complaints()) >= 1


def test_a_calendar_timer_of_cygnets_is_told(machine):
    machine.write(UNITS + "cygnet-try.timer", "[Timer]\nOnCalendar=hourly\n")
    assert systemctl(machine, "start", "cygnet-try.timer")[0] == 1
    machine.run(["rm", UNITS + "cygnet-try.timer"])
    assert machine.take_complaints() == ["cygnet-try.timer: OnCalendar= is not run here"]


# --- words and spans

@pytest.mark.parametrize("text, seconds", [("15s", 15), ("1min 30s", 90), ("500ms", 0.5), ("10", 10), ("2h", 7200),
                                           ("infinity", float("inf"))])
def test_a_time_span(text, seconds):
    assert unitfile.span(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "1 fortnight", "-5s"])
def test_what_is_no_time_span(text):
    with pytest.raises(unitfile.BadUnit):
        unitfile.span(text)


def test_words_and_variables_of_a_command():
    environment = {"LIST": "a b", "ONE": "x"}
    assert unitfile.command("-/bin/p $LIST ${LIST} 'q r' pre${ONE} $$ $NONE", environment) == \
        ("-", ["/bin/p", "a", "b", "a b", "q r", "prex", "$"])
