# cygnet: one static binary, and its tests. 'make help' lists the targets.
#
# Two builds of the same sources:
#   build/$(ARCH)/  against musl and libraries built from source: the binary that ships
#   build/native/   against this machine's libraries, with sanitizers: the unit tests

VERSION := 0.1.0
ARCH    ?= x86_64
PREFIX  ?= /usr
DESTDIR ?=

override export CYGNET_CACHE := $(abspath $(or $(CYGNET_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/cygnet))
export PYTHONDONTWRITEBYTECODE := 1

.DEFAULT_GOAL := build
.DELETE_ON_ERROR:
.SUFFIXES:
.PHONY: FORCE
MAKEFLAGS += --no-builtin-rules --no-print-directory --jobs=$(shell nproc)

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
                  python3 python3-pytest python3-botocore python3-boto3 awscli openssl
LAB_PACKAGES   := mmdebstrap iproute2 nftables iptables procps iputils-ping strace util-linux

# Root and the network are needed only when a package of the list is missing.
define install-packages
@command -v dpkg-query >/dev/null || { echo "cygnet is built on Debian 12: no dpkg-query here" >&2; exit 1; }; \
installed=$$(dpkg-query -W -f '$${db:Status-Status} $${Package}\n' $(1) 2>/dev/null | sed -n 's/^installed //p'); \
missing=$$(printf '%s\n' $(1) | grep -vxF "$$installed" | paste -sd' ' -); \
test -n "$$missing" || exit 0; \
test "$$(id -u)" = 0 || { echo "missing packages: $$missing; run 'make setup' as root" >&2; exit 1; }; \
echo "installing $$missing"; export DEBIAN_FRONTEND=noninteractive; \
apt-get update -qq && apt-get install -qq -y --no-install-recommends $$missing
endef

.PHONY: setup setup-build setup-test setup-lab
setup: setup-lab ## install what build, tests and lab need (root; nothing to do when all is there)
setup-build:
	$(call install-packages,$(BUILD_PACKAGES))
setup-test: setup-build
	$(call install-packages,$(TEST_PACKAGES))
setup-lab: setup-test
	$(call install-packages,$(LAB_PACKAGES))

# --- the libraries: Debian's sources, fetched and built once a machine ---

# Built for another machine than this one: a cross compiler's prefix.
CROSS ?= $(if $(filter-out $(shell uname -m),$(ARCH)),$(ARCH)-linux-gnu-)
OUT   := build/$(ARCH)
LOCK  := sources.lock
export ARCH CROSS

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
	@base/libs/fetch.sh --newest >>build/$(LOCK)
	@mv build/$(LOCK) $(LOCK)

# --- the static build: the binary that ships ---

BINARY  := build/cygnet
OBJECTS := $(SOURCES:%.c=$(OUT)/%.o)
MUSL_CC := $(OUT)/libs/bin/musl-gcc
STATIC_CFLAGS  := $(CFLAGS) -Os -ffunction-sections -fdata-sections -fno-pie
STATIC_LDFLAGS := -static -no-pie -s -Wl,--gc-sections,--fatal-warnings,-z,relro,-z,now,-z,noexecstack

.PHONY: build
build: $(BINARY) ## build/cygnet, the static binary (the default)

$(OUT)/%.o: %.c $(OUT)/flags Makefile
	@mkdir -p $(@D)
	$(call say,cc)$(MUSL_CC) $(CPPFLAGS) @$(OUT)/flags $(STATIC_CFLAGS) -c -o $@ $<

$(BINARY): $(OBJECTS)
	$(call say,ld)$(MUSL_CC) $(STATIC_LDFLAGS) -o $@ $(OBJECTS) $(LIBS)
	@! readelf -lW $@ | grep -E 'INTERP|DYNAMIC' || { echo "$@ is not static" >&2; exit 1; }
	@echo "$@: $$(stat -c %s $@) bytes, $$(xz -c $@ | wc -c) as .xz"

.PHONY: install
install: build ## install into $(DESTDIR)$(PREFIX)/bin
	install -D -m 755 $(BINARY) $(DESTDIR)$(PREFIX)/bin/cygnet

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

check-layers: | setup-test ## a room includes only rooms above it
	@/usr/bin/python3 tests/check_layers.py $(ROOMS)

# --- the rooms base and aws as a command line, for the tests of aws ---

CLIENT := build/aws-client
CLIENT_OBJECTS := $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/aws/client*.c))

$(CLIENT): $(CLIENT_OBJECTS) $(filter $(OUT)/base/% $(OUT)/aws/%,$(OBJECTS))
	$(call say,ld)$(MUSL_CC) $(STATIC_LDFLAGS) -o $@ $^ $(LIBS)

# --- tests: each suite alone, or all ---

.PHONY: test test-unit test-golden test-aws test-mesh test-long demo
test: setup-lab build $(CLIENT) check-layers $(NATIVE_TESTS) ## every suite (root); ends with passed, failed, skipped
	@/usr/bin/python3 tests/run.py unit golden aws mesh

test-unit: $(NATIVE_TESTS) ## unit tests, under the sanitizers
test-golden: setup-test build ## recorded inputs, expected files
test-aws: setup-test build $(CLIENT) ## the fake AWS, and the program against it
test-mesh: setup-lab build ## three VPCs on real strongSwan (root)
test-unit test-golden test-aws test-mesh:
	@/usr/bin/python3 tests/run.py $(@:test-%=%)

test-long: setup-lab build ## keys replaced in every flavour, and killed at every call (root; an hour or more)
	@/usr/bin/python3 tests/run.py --long mesh

demo: setup-lab build ## a mesh of three VPCs on this machine (root)
	@/usr/bin/python3 tests/mesh/demo.py

# --- help ---

.PHONY: help clean
help: ## print this list
	@sed -n 's/^\([a-z-]*\):.*## /  \1\t/p' $(MAKEFILE_LIST) | expand -t 20

clean: ## remove build/ (the cache of built libraries stays)
	rm -rf build

-include $(OBJECTS:.o=.d) $(CLIENT_OBJECTS:.o=.d) $(NATIVE_OBJECTS:.o=.d) $(NATIVE_TESTS:=.d)
