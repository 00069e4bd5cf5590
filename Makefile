# cygnet: one static binary, and its tests. 'make help' lists the targets.
#
# Two builds of the same sources:
#   build/$(ARCH)/  against musl and libraries built from source: the binary that ships; x86_64 or aarch64
#   build/native/   against this machine's libraries, with sanitizers: the unit tests

VERSION := 0.1.0
HOST    := $(shell uname -m)
ARCH    ?= $(HOST)
OTHER   := $(filter-out $(ARCH),x86_64 aarch64)
PREFIX  ?= /usr
DESTDIR ?=

override export CYGNET_CACHE := $(abspath $(or $(CYGNET_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/cygnet))
export PYTHONDONTWRITEBYTECODE := 1

# A space is where a name ends, to make.
ifneq ($(words $(CURDIR)) $(words $(CYGNET_CACHE)),1 1)
$(error make takes no path with a space in it, in '$(CURDIR)' or '$(CYGNET_CACHE)')
endif

# Built for another machine than this one: a cross compiler's prefix.
CROSS := $(if $(filter-out $(HOST),$(ARCH)),$(ARCH)-linux-gnu-)
OUT   := build/$(ARCH)
export ARCH CROSS

.DEFAULT_GOAL := build
.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: FORCE
MAKEFLAGS += --no-builtin-rules --no-print-directory $(if $(filter 0,$(MAKELEVEL)),--jobs=$(shell nproc))

# One short line a step; V=1 prints the commands instead.
say = $(if $(V),,@printf '  %-5s %s\n' $(1) $@;)

# --- what is compiled ---

ROOMS   := base aws metadata keys render userdata bootstrap bootstrap/charon
SOURCES := $(sort $(wildcard $(ROOMS:%=%/*.c)))
TESTS   := $(sort $(wildcard tests/unit/*_test.c))

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wconversion
ifneq ($(filter true 1,$(CI) $(WERROR)),)
WARNINGS += -Werror
endif
CPPFLAGS := -I. -D_GNU_SOURCE -DCYGNET_VERSION='"$(VERSION)"' -MMD -MP
CFLAGS   := -std=c11 $(WARNINGS) -fstack-protector-strong -ffile-prefix-map=$(CURDIR)=.
LIBS     := -lcurl -lssl -lcrypto -ljansson -lexpat

# --- packages: what a minimal Debian 12 lacks ---

BUILD_PACKAGES := gcc libc6-dev linux-libc-dev make perl dpkg-dev xz-utils ca-certificates debian-archive-keyring
TEST_PACKAGES  := libcmocka-dev libcurl4-openssl-dev libssl-dev libjansson-dev libexpat1-dev \
                  python3 python3-pytest python3-pytest-xdist python3-botocore python3-boto3 \
                  awscli openssl curl iproute2
RPM_PACKAGES   := rpm python3
SHIP_PACKAGES  := $(RPM_PACKAGES) rpm2cpio cpio rpmlint man-db mandoc busybox-static faketime
ARM_PACKAGES   := qemu-user-static
LAB_PACKAGES   := mmdebstrap nftables iptables procps iputils-ping strace util-linux
DATA_PACKAGES  := shellcheck dash python3-yaml
BOOT_PACKAGES  := e2fsprogs busybox-static cpio kmod openssh-client
EMULATORS      := qemu-system-x86

# Debian's names for the other architecture's compiler and kernel headers.
DEBIAN_x86_64  := amd64
DEBIAN_aarch64 := arm64
ifneq ($(CROSS),)
BUILD_PACKAGES += gcc-$(subst _,-,$(ARCH))-linux-gnu linux-libc-dev-$(DEBIAN_$(ARCH))-cross
endif

# Root and the network are needed only when a package of the list is missing. One list after the other: apt has a lock.
define install-packages
@mkdir -p build; exec 9>build/setup.lock; flock 9; \
command -v dpkg-query >/dev/null || { echo "cygnet is built on Debian 12: no dpkg-query here" >&2; exit 1; }; \
installed=$$(dpkg-query -W -f '$${db:Status-Status} $${Package}\n' $(1) 2>/dev/null | sed -n 's/^installed //p'); \
missing=$$(printf '%s\n' $(1) | grep -vxF "$$installed" | paste -sd' ' -); \
test -n "$$missing" || exit 0; \
test "$$(id -u)" = 0 || { echo "missing packages: $$missing; run 'make setup' as root" >&2; exit 1; }; \
echo "installing $$missing"; export DEBIAN_FRONTEND=noninteractive; \
{ apt-get update -qq && apt-get install -qq -y --no-install-recommends $$missing; } 9>&-
endef

.PHONY: setup setup-build setup-test setup-lab setup-userdata setup-boot setup-rpm setup-ship setup-arm64
setup: setup-userdata setup-boot setup-ship setup-arm64 ## install what build, tests and lab need (root; nothing to do when all is there)
setup-build:
	$(call install-packages,$(BUILD_PACKAGES))
setup-test: setup-build
	$(call install-packages,$(TEST_PACKAGES))
setup-lab: setup-test
	$(call install-packages,$(LAB_PACKAGES))
setup-userdata: setup-lab
	$(call install-packages,$(DATA_PACKAGES))
# Without an emulator the tests that need it are skipped.
setup-boot: setup-lab
	$(call install-packages,$(BOOT_PACKAGES))
	-$(call install-packages,$(EMULATORS))
setup-rpm: setup-build
	$(call install-packages,$(RPM_PACKAGES))
setup-ship: setup-test
	$(call install-packages,$(SHIP_PACKAGES))
setup-arm64:
	@$(MAKE) ARCH=aarch64 setup-build
	-$(call install-packages,$(ARM_PACKAGES))

# --- the libraries: Debian's sources, fetched and built once a machine ---

LOCK := sources.lock

# A cache that was emptied since is filled again.
build/sources: $(LOCK) base/libs/fetch.sh $(if $(wildcard $(CYGNET_CACHE)/sources),,FORCE) | setup-build
	@mkdir -p $(@D)
	@base/libs/fetch.sh $(LOCK) >$@

# Asked every time, as the compiler may have changed; written only if the libraries did.
$(OUT)/flags: build/sources FORCE
	@base/libs/build.sh build/sources $(LOCK) $(OUT)

.PHONY: update-sources
update-sources: setup-build ## rewrite sources.lock with the newest versions
	@mkdir -p build
	@sed -n '/^#/p' $(LOCK) >build/$(LOCK)
	@base/libs/fetch.sh $(LOCK) --newest >>build/$(LOCK)
	@mv build/$(LOCK) $(LOCK)

# --- the static build: the binary that ships ---

BINARY  := $(OUT)/cygnet
OBJECTS := $(SOURCES:%.c=$(OUT)/%.o)
MUSL_CC := $(OUT)/libs/bin/musl-gcc
STATIC_CFLAGS  := $(CFLAGS) -Os -ffunction-sections -fdata-sections -fno-pie
STATIC_LDFLAGS := -static -no-pie -s -Wl,--gc-sections,--fatal-warnings,-z,relro,-z,now,-z,noexecstack

.PHONY: build
build: $(if $(CROSS),$(BINARY),build/cygnet) ## build/cygnet, the static binary (the default); ARCH=aarch64 for Graviton's

$(OUT)/%.o: %.c $(OUT)/flags Makefile
	@mkdir -p $(@D)
	$(call say,cc)$(MUSL_CC) $(CPPFLAGS) @$(OUT)/flags $(STATIC_CFLAGS) -c -o $@ $<

$(BINARY): $(OBJECTS)
	$(call say,ld)$(MUSL_CC) $(STATIC_LDFLAGS) -o $@ $(OBJECTS) $(LIBS)
	@! readelf -lW $@ | grep -E 'INTERP|DYNAMIC' || { echo "$@ is not static" >&2; exit 1; }
	@echo "$@: $$(stat -c %s $@) bytes, $$(xz -c $@ | wc -c) as .xz"

# This machine's own programs, where people and tests look for them.
build/cygnet build/aws-client: build/%: build/$(HOST)/%
	@ln -f $< $@

.PHONY: install
install: build ## install program and manual pages into $(DESTDIR)$(PREFIX)
	install -D -m 755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/cygnet
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man8 rpm/cygnet.8
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man5 rpm/cygnet.conf.5

# --- packages: the binary with its units, manual pages, licenses and list of parts ---

RPM  := build/rpm/cygnet-$(VERSION)-1.$(ARCH).rpm
SBOM := $(OUT)/cygnet.spdx.json
# Of the newest entry of the package's changelog: nothing in it is younger.
EPOCH = $(shell date -u +%s -d "$$(sed -n '/^%changelog/{n;s/^\* \(... ... .. ....\) .*/\1/p}' rpm/cygnet.spec)")

$(SBOM): $(BINARY) build/sources rpm/sbom.py | setup-rpm
	$(call say,sbom)SOURCE_DATE_EPOCH=$(EPOCH) rpm/sbom.py $(VERSION) $(BINARY) build/sources \
		"$$($(CROSS)gcc --version | head -n 1)" >$@

$(RPM): $(SBOM) LICENSE $(wildcard rpm/*) | setup-rpm
	$(call say,rpm)SOURCE_DATE_EPOCH=$(EPOCH) rpmbuild -bb --quiet --build-in-place --target $(ARCH) \
		--define 'cygnet_version $(VERSION)' --define '_topdir $(CURDIR)/$(OUT)/rpm' \
		--define '_rpmdir $(@D)' --define '_rpmfilename $(@F)' rpm/cygnet.spec >$(OUT)/rpm.log

.PHONY: rpm package
rpm: package ## packages of both architectures, in build/rpm/
	@$(MAKE) ARCH=$(OTHER) package
package: $(RPM)

# --- the native build: unit tests under the sanitizers ---

NATIVE_CC      ?= gcc
NATIVE_CFLAGS  := $(CFLAGS) -g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
NATIVE_DEFINES := -DCYGNET_SOURCES='"host"' -DCYGNET_MUSL_VERSION='"none"'
NATIVE_OBJECTS := $(SOURCES:%.c=build/native/%.o)
NATIVE_TESTS   := $(TESTS:%.c=build/native/%)

build/native/%.o: %.c Makefile | setup-test
	@mkdir -p $(@D)
	$(call say,cc)$(NATIVE_CC) $(CPPFLAGS) $(NATIVE_DEFINES) $(NATIVE_CFLAGS) -c -o $@ $<

$(NATIVE_TESTS): %: %.o $(filter-out build/native/bootstrap/main.o,$(NATIVE_OBJECTS))
	$(call say,ld)$(NATIVE_CC) $(NATIVE_CFLAGS) -o $@ $^ $(LIBS) -lcmocka

.PHONY: check-native check-layers
check-native: $(NATIVE_OBJECTS) ## compile every .c natively, link nothing

check-layers: | setup-test ## a room includes only rooms above it, and its lines fit
	@/usr/bin/python3 tests/check_layers.py $(ROOMS)

# --- the rooms base and aws as a command line, for the tests of aws ---

CLIENT         := $(OUT)/aws-client
CLIENT_OBJECTS := $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/aws/client*.c))

$(CLIENT): $(CLIENT_OBJECTS) $(filter $(OUT)/base/% $(OUT)/aws/%,$(OBJECTS))
	$(call say,ld)$(MUSL_CC) $(STATIC_LDFLAGS) -o $@ $^ $(LIBS)

# --- the unit tests of the very objects that ship, and any test's programs under an emulator ---

CMOCKA       := $(OUT)/cmocka
CMOCKA_LOCK  := tests/unit/sources.lock
STATIC_TESTS := $(TESTS:%.c=$(OUT)/%)
EMULATED     := $(OUT)/emulated
EMULATOR     := /usr/bin/qemu-$(ARCH)-static

build/cmocka-sources: $(CMOCKA_LOCK) base/libs/fetch.sh | setup-build
	@mkdir -p $(@D)
	@SUITE=bookworm base/libs/fetch.sh $(CMOCKA_LOCK) >$@

$(CMOCKA)/libcmocka.a: build/cmocka-sources $(OUT)/flags tests/unit/cmocka.sh
	$(call say,cc)tests/unit/cmocka.sh $< $(MUSL_CC) $(CROSS)ar $(CMOCKA)

# The second macro tells cmocka.h that the C library has uintptr_t, as musl's own names are none that it knows.
$(STATIC_TESTS:=.o): CPPFLAGS += -I$(CMOCKA)/include -DWITHOUT_SANITIZERS -D_UINTPTR_T
$(STATIC_TESTS:=.o): | $(CMOCKA)/libcmocka.a
$(STATIC_TESTS): %: %.o $(filter-out $(OUT)/bootstrap/main.o,$(OBJECTS)) $(CMOCKA)/libcmocka.a
	$(call say,ld)$(MUSL_CC) $(STATIC_LDFLAGS) -o $@ $^ $(LIBS)

$(EMULATED)/%: $(OUT)/%
	@mkdir -p $(@D)
	@printf '#!/bin/sh\nexec %s %s "$$@"\n' $(EMULATOR) $(abspath $<) >$@
	@chmod 755 $@

.PHONY: emulated
emulated: $(STATIC_TESTS:$(OUT)/%=$(EMULATED)/%) $(EMULATED)/cygnet $(EMULATED)/aws-client

# --- tests: each suite alone, or all ---

ARM64_SUITES := unit@aarch64 aws@aarch64

.PHONY: test test-unit test-golden test-aws test-userdata test-package test-mesh test-boot test-arm64 test-long demo
test: setup build build/aws-client check-layers $(NATIVE_TESTS) rpm ## every suite in short (root)
	@$(MAKE) ARCH=aarch64 emulated
	@/usr/bin/python3 tests/run.py unit golden aws userdata package mesh $(ARM64_SUITES) boot

test-unit: $(NATIVE_TESTS) ## unit tests, under the sanitizers
test-golden: setup-test build ## recorded inputs, expected files
test-aws: setup-test build build/aws-client ## the fake AWS, and the program against it
test-userdata: setup-userdata build ## what 'cygnet userdata' prints, as shells, cloud-init and AWS take it (root)
test-package: setup-ship build rpm ## packages, manual pages, and the same bytes again
test-mesh: setup-lab build ## three VPCs on real strongSwan (root)
test-boot: setup-boot build ## two gateways that boot under QEMU, from their user-data on (root)
test-unit test-golden test-aws test-userdata test-package test-mesh test-boot:
	@/usr/bin/python3 tests/run.py $(@:test-%=%)

test-arm64: setup-test setup-arm64 ## unit and aws again for arm64, under qemu-user
	@$(MAKE) ARCH=aarch64 emulated
	@/usr/bin/python3 tests/run.py $(ARM64_SUITES)

test-long: setup-lab setup-ship setup-arm64 build rpm ## what 'make test' leaves out (root; hours)
	@$(MAKE) ARCH=aarch64 emulated
	@/usr/bin/python3 tests/run.py --long mesh package aws@aarch64

demo: setup-lab build ## a mesh of three VPCs on this machine (root)
	@/usr/bin/python3 tests/lab/demo.py

# --- help ---

.PHONY: help clean
help: ## print this list
	@sed -n 's/^\([a-z0-9-]*\):.*## /  \1\t/p' $(MAKEFILE_LIST) | expand -t 20

clean: ## remove build/ (the cache of built libraries stays)
	rm -rf build

-include $(OBJECTS:.o=.d) $(CLIENT_OBJECTS:.o=.d) $(NATIVE_OBJECTS:.o=.d) $(NATIVE_TESTS:=.d)
