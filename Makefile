# SPDX-License-Identifier: GPL-2.0-or-later

ifneq ($(V),1)
MAKEFLAGS += --no-print-directory
Q := @
say = @printf '  %-7s %s\n' '$(1)' '$(2)';
endif

PREFIX ?= /usr/local
SBINDIR ?= $(PREFIX)/sbin
MANDIR ?= $(PREFIX)/share/man
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
SCHEMADIR ?= $(PREFIX)/share/vdpa/schema
UNITDIR ?= $(PREFIX)/lib/systemd/system
UDEVDIR ?= $(PREFIX)/lib/udev
LIBEXECDIR ?= $(PREFIX)/libexec/vdpa

# The version of everything here: the command says it, the modules bear it, the packages have it.
VDPA_VERSION := $(shell sed -n '1s/^vdpa .\([0-9.a-z~+]*\). .*/\1/p' debian/changelog)
export VDPA_VERSION

# --- The kernel headers: KDIR, else those of the running kernel, else the newest installed ones with CONFIG_VDPA.

kdir_given := $(filter command environment,$(firstword $(origin KDIR)))
ifndef KDIR
kdir_candidates := /lib/modules/$(shell uname -r)/build \
	$(shell ls -d /lib/modules/*/build /usr/src/linux-headers-* 2>/dev/null | sort -rV -t/ -k4)
KDIR := $(firstword $(shell for dir in $(kdir_candidates); do \
	grep -qs '^CONFIG_VDPA=[my]' $$dir/.config $$dir/include/config/auto.conf && echo $$dir; done))
endif
release = $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' $(KDIR)/include/generated/utsrelease.h 2>/dev/null)

# What the test VM's modules are built against; fetched where it is not installed.
vm_kdir = $(if $(kdir_given),$(KDIR),$$(tests/vm/headers))

module_dirs := $(patsubst %/Kbuild,%,$(wildcard kernel/core/Kbuild kernel/sim/Kbuild))
test_module_dirs := $(patsubst %/Kbuild,%,$(wildcard tests/parent/Kbuild))

.PHONY: all
all: modules test-modules tool clients

# --- Modules. Kbuild knows what is up to date, so it is always asked.

.PHONY: modules test-modules check-symbols $(module_dirs) $(test_module_dirs)
modules: $(module_dirs) check-symbols
test-modules: $(test_module_dirs)

$(module_dirs) $(test_module_dirs): have-kdir
	$(Q)$(MAKE) -C $(KDIR) M=$(CURDIR)/$@ modules

.PHONY: have-kdir
have-kdir:
ifeq ($(KDIR),)
	$(error no kernel headers with CONFIG_VDPA on this machine. Install linux-headers-6.12-amd64; or name yours with \
	KDIR=…; or say KDIR=$$(tests/vm/headers), which fetches those of the test VM's kernel and installs nothing)
endif

check-symbols: kernel/core
	$(call say,CHECK,kernel/core)kernel/check-symbols kernel/core $(KDIR)

# --- The command.

CFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wstrict-prototypes -Wmissing-prototypes
ALL_CFLAGS = -std=gnu11 $(WARNINGS) $(CFLAGS) -MMD -MP

tool_libs := libmnl jansson
tool_flags := -Iinclude/uapi -Ivdpa-tool -DVDPA_VERSION='"$(VDPA_VERSION)"'
# base64 and no more of it: to load a whole library for that is 6 % of what the command costs (instructions of "dev show").
resolv := $(if $(wildcard $(shell $(CC) -print-file-name=libresolv.a 2>/dev/null)),-l:libresolv.a,-lresolv)
tool_link = $(shell pkg-config --libs $(tool_libs)) $(resolv)
tool_sources := $(wildcard vdpa-tool/*/*.c)
tool_objects := $(tool_sources:.c=.o)

.PHONY: tool
tool: vdpa-tool/vdpa

vdpa-tool/vdpa: $(tool_objects)
	$(call say,LD,$@)$(CC) $(ALL_CFLAGS) $(LDFLAGS) -pthread -o $@ $^ $(tool_link)

vdpa-tool/%.o: vdpa-tool/%.c Makefile
	$(call say,CC,$@)$(CC) $(ALL_CFLAGS) $(CPPFLAGS) -pthread $(tool_flags) $(shell pkg-config --cflags $(tool_libs)) -c -o $@ $<

vdpa-tool/cli/version.o: debian/changelog

# --- The tests' own programs: each file is one, and vmm/ and conform/ are one of several files each. wire/ is what those
# that talk netlink share. Those of bench/ are made as the clients are.

client_libs := libnl-genl-3.0
file_programs := $(patsubst %.c,%,$(wildcard tests/clients/*.c tests/fuzz/*.c bench/*.c))
client_programs := $(file_programs) tests/clients/nl_conform tests/clients/vdpa_vmm tests/clients/bootsector \
	tests/fuzz/nl_fuzz tests/model/model
vmm_sources := $(wildcard tests/clients/vmm/*.c)
conform_sources := $(wildcard tests/clients/conform/*.c)
wire_objects := $(patsubst %.c,%.o,$(wildcard tests/clients/wire/*.c))
client_compile = $(CC) $(ALL_CFLAGS) $(CPPFLAGS) -Iinclude/uapi -Itests/clients $(shell pkg-config --cflags $(client_libs))

.PHONY: clients
clients: $(client_programs)

tests/clients/wire/%.o: tests/clients/wire/%.c Makefile
	$(call say,CC,$@)$(client_compile) -c -o $@ $<

$(file_programs): %: %.c $(wire_objects) Makefile
	$(call say,CC,$@)$(client_compile) $(LDFLAGS) -o $@ $< $(wire_objects) $(shell pkg-config --libs $(client_libs)) -pthread

tests/clients/nl_conform: $(conform_sources) $(wire_objects) tests/clients/conform/conform.h Makefile
	$(call say,CC,$@)$(filter-out -MMD -MP,$(client_compile)) $(LDFLAGS) -o $@ $(conform_sources) $(wire_objects) \
		$(shell pkg-config --libs $(client_libs))

tests/clients/vdpa_vmm: $(vmm_sources) $(wildcard tests/clients/vmm/*.h) Makefile
	$(call say,CC,$@)$(CC) $(filter-out -MMD -MP,$(ALL_CFLAGS)) $(CPPFLAGS) -Iinclude/uapi $(LDFLAGS) -o $@ $(vmm_sources)

# A guest, as it lies on its disk: 16 bits, at the address where a BIOS puts it.
tests/clients/bootsector: tests/clients/bootsector.S Makefile
	$(call say,AS,$@)$(CC) -m32 -nostdlib -static -no-pie -Wl,--build-id=none,-Ttext=0x7c00,--oformat=binary,-e,start -o $@ $<

tests/fuzz/nl_fuzz: $(wildcard tests/fuzz/kernel/*.c) $(wire_objects) tests/fuzz/kernel/fuzz.h Makefile
tests/model/model: $(wildcard tests/model/*.c) $(wire_objects) tests/model/model.h Makefile
tests/fuzz/nl_fuzz tests/model/model:
	$(call say,CC,$@)$(filter-out -MMD -MP,$(client_compile)) $(LDFLAGS) -o $@ $(filter %.c %.o,$^) \
		$(shell pkg-config --libs $(client_libs)) -pthread

# --- The command's own functions in programs of the tests, with the sanitizers (tests/tool/*.bats).

checked_dir := build/checked
checked_programs := $(addprefix $(checked_dir)/,test_replies test_migration)
checked_flags := -std=gnu11 -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all $(WARNINGS) -MMD -MP \
	$(tool_flags)
checked_tool := $(patsubst vdpa-tool/%.c,$(checked_dir)/vdpa/%.o,$(filter-out %/main.c,$(tool_sources)))

.PHONY: checked-programs
checked-programs: $(checked_programs)

$(checked_dir)/vdpa/%.o: vdpa-tool/%.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(checked_flags) $(shell pkg-config --cflags $(tool_libs)) -pthread -c -o $@ $<

$(checked_dir)/%.o: tests/tool/%.c Makefile
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(checked_flags) $(shell pkg-config --cflags $(tool_libs)) -c -o $@ $<

$(checked_dir)/test_replies: $(checked_dir)/reply.o
$(checked_programs): %: %.o $(checked_tool)
	$(call say,LD,$@)$(CC) -fsanitize=address,undefined -o $@ $^ $(tool_link) -pthread

# --- The command as libFuzzer wants it: each target of tests/fuzz/tool is a program of its own, with all of the command in
# it but for the system calls that tests/fuzz/tool/world.c answers. Only the command itself is watched for what it covers.

fuzz_dir := build/fuzz/tool
fuzz_targets := arguments replies stream files
fuzz_programs := $(addprefix $(fuzz_dir)/,$(fuzz_targets))
fuzz_flags := -std=gnu11 -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer \
	$(WARNINGS) -MMD -MP $(tool_flags) -Itests/tool -Itests/fuzz/tool
fuzz_calls := open close read stat fstat rename unlink linkat fsync access opendir readdir closedir readlink recv setsockopt exit \
	pthread_create posix_spawnp $(addprefix mnl_socket_,open2 close sendto recvfrom bind setsockopt get_fd)
fuzz_tool := $(patsubst vdpa-tool/%.c,$(fuzz_dir)/vdpa/%.o,$(tool_sources))
fuzz_world := $(addprefix $(fuzz_dir)/,world.o check.o input.o reply.o)
comma := ,

.PHONY: fuzz-programs
fuzz-programs: $(fuzz_programs) $(fuzz_dir)/encode

$(fuzz_dir)/vdpa/%.o: vdpa-tool/%.c Makefile | have-clang
	@mkdir -p $(@D)
	$(call say,CLANG,$@)clang $(fuzz_flags) -fsanitize=fuzzer-no-link -Dmain=vdpa_main -Wno-missing-prototypes \
		$(shell pkg-config --cflags $(tool_libs)) -c -o $@ $<

$(fuzz_dir)/%.o: tests/fuzz/tool/%.c Makefile | have-clang
	@mkdir -p $(@D)
	$(call say,CLANG,$@)clang $(fuzz_flags) -c -o $@ $<

$(fuzz_dir)/reply.o: tests/tool/reply.c Makefile | have-clang
	@mkdir -p $(@D)
	$(call say,CLANG,$@)clang $(fuzz_flags) -c -o $@ $<

$(fuzz_programs): $(fuzz_dir)/%: $(fuzz_dir)/%.o $(fuzz_world) $(fuzz_tool)
	$(call say,LD,$@)clang -fsanitize=fuzzer,address,undefined $(addprefix -Wl$(comma)--wrap=,$(fuzz_calls)) \
		-o $@ $^ $(tool_link) -pthread

$(fuzz_dir)/encode: $(fuzz_dir)/encode.o $(fuzz_world) $(fuzz_tool)
	$(call say,LD,$@)clang -fsanitize=address,undefined $(addprefix -Wl$(comma)--wrap=,$(fuzz_calls)) \
		-o $@ $^ $(tool_link) -pthread

# SECONDS: how long each target runs. SEED: what its random numbers begin with.
.PHONY: fuzz-tool
fuzz-tool: deps
	$(Q)$(MAKE) fuzz-programs
	$(Q)tests/fuzz/tool/run -max_total_time=$(or $(SECONDS),60) -seed=$(or $(SEED),1)

.PHONY: have-clang
have-clang:
	@command -v clang >/dev/null || { echo 'no clang on this machine: "make deps" installs it' >&2; exit 1; }

-include $(wildcard $(checked_dir)/*.d $(checked_dir)/vdpa/*/*.d vdpa-tool/*/*.d tests/clients/*.d tests/clients/wire/*.d tests/fuzz/*.d bench/*.d $(fuzz_dir)/*.d $(fuzz_dir)/vdpa/*/*.d)

# --- Installing: what a host needs that has vDPA devices (install), and each part by itself. The simulated parents and what a
# parent's author builds with are installed by name alone. No headers are needed for the command, nor to remove anything.

man_pages = $(wildcard man/*.8)
schemas = $(wildcard schema/*.json)
sources_of = $(wildcard $(1)/*.[ch] $(1)/*/*.[ch] $(1)/Kbuild)
put = @for file in $(2); do to=$(DESTDIR)$(1)/$${file\#$(3)}; printf '  %-7s %s\n' INSTALL $$to; \
	install -D -m $(or $(4),644) $$file $$to || exit; done
# The same of one file, with the directories in it that are between two @.
put_with_paths = $(call say,INSTALL,$(DESTDIR)$(1)/$(notdir $(2)))mkdir -p $(DESTDIR)$(1) && \
	sed 's,@SBINDIR@,$(SBINDIR),; s,@LIBEXECDIR@,$(LIBEXECDIR),' $(2) >$(DESTDIR)$(1)/$(notdir $(2))
# Debug information is for gdb and would only be read each time.
put_modules = @for module in $(1); do to=$(DESTDIR)/lib/modules/$(release)/updates/$${module\#\#*/}; \
	printf '  %-7s %s\n' INSTALL $$to; install -D -m 644 $$module $$to && strip --strip-debug $$to || exit; done
depmod = $(if $(DESTDIR),,$(call say,DEPMOD,$(release))/sbin/depmod $(release))

.PHONY: install install-tools install-modules install-sim install-dev
install: install-modules install-tools

install-tools: tool
	$(call put,$(SBINDIR),vdpa-tool/vdpa,vdpa-tool/,755)
	$(call put,$(MANDIR)/man8,$(man_pages),man/)
	$(call put,$(PREFIX)/share/bash-completion/completions,completion/vdpa,completion/)
	$(call put,$(ZSHDIR),completion/_vdpa,completion/)
	$(call put,$(SCHEMADIR),$(schemas),schema/)
	$(call put_with_paths,$(UNITDIR),contrib/systemd/vdpa.service)
	$(call put_with_paths,$(UDEVDIR)/rules.d,contrib/udev/60-vdpa.rules)
	$(call put,$(LIBEXECDIR),contrib/udev/vdpa-by-name,contrib/udev/,755)

install-modules: kernel/core check-symbols
	$(call put_modules,kernel/core/vdpa.ko)
	$(depmod)

install-sim: kernel/sim
	$(call put_modules,$(wildcard kernel/sim/*.ko))
	$(depmod)

install-dev:
	$(call put,$(PREFIX)/include/vdpa,include/uapi/linux/vdpa.h $(wildcard include/linux/*.h),include/)
	$(call put,$(PREFIX)/share/ynl/specs,doc/netlink/vdpa.yaml,doc/netlink/)

# The sources that DKMS builds from on the host.
.PHONY: install-dkms install-sim-dkms
install-dkms install-sim-dkms: install-%: dkms/vdpa-%.conf
	$(call put,$(dkms_dir),$(dkms_files))
	$(call put,$(dkms_dir),dkms/build $(dkms_scripts),,755)
	$(Q)sed 's/#MODULE_VERSION#/$(VDPA_VERSION)/' $< >$(DESTDIR)$(dkms_dir)/dkms.conf

install-dkms: dkms_dir = /usr/src/vdpa-$(VDPA_VERSION)
install-dkms: dkms_files = $(filter-out %.mod.c,$(call sources_of,kernel/core)) $(wildcard include/linux/*.h) include/uapi/linux/vdpa.h
install-dkms: dkms_scripts = kernel/check-symbols $(wildcard kernel/btf-layout)
install-sim-dkms: dkms_dir = /usr/src/vdpa-sim-$(VDPA_VERSION)
install-sim-dkms: dkms_files = $(filter-out %.mod.c,$(call sources_of,kernel/sim)) $(wildcard include/linux/*.h) include/uapi/linux/vdpa.h

# For every kernel: what is there may be of a build for one that runs no more.
installed_modules = $(wildcard $(foreach name,vdpa vdpa_sim vdpa_sim_net vdpa_sim_blk,$(DESTDIR)/lib/modules/*/updates/$(name).ko))

.PHONY: uninstall
uninstall:
	$(call say,REMOVE,$(DESTDIR)$(SBINDIR)/vdpa)rm -f $(DESTDIR)$(SBINDIR)/vdpa
	$(Q)rm -f $(addprefix $(DESTDIR)$(MANDIR)/man8/,$(notdir $(man_pages)))
	$(Q)rm -f $(DESTDIR)$(PREFIX)/share/bash-completion/completions/vdpa $(DESTDIR)$(ZSHDIR)/_vdpa
	$(Q)rm -f $(DESTDIR)$(UNITDIR)/vdpa.service $(DESTDIR)$(UDEVDIR)/rules.d/60-vdpa.rules $(DESTDIR)$(LIBEXECDIR)/vdpa-by-name
	$(Q)rm -rf $(DESTDIR)$(SCHEMADIR) $(DESTDIR)$(PREFIX)/include/vdpa
	$(Q)rm -f $(DESTDIR)$(PREFIX)/share/ynl/specs/vdpa.yaml
	$(Q)for module in $(installed_modules); do printf '  %-7s %s\n' REMOVE $$module; rm -f $$module || exit; done
	$(if $(DESTDIR),,$(Q)for dir in $(sort $(dir $(installed_modules))); do release=$${dir%/updates/}; \
		printf '  %-7s %s\n' DEPMOD $${release##*/}; /sbin/depmod $${release##*/} || exit; done)

# --- Trying and testing, in a VM. Each installs first what is missing.

# One job a processor, where nobody has said how many.
parallel = $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))

.PHONY: deps deps-demo vm-modules demo demo-migrate vm vm-update check check-kernels bench bench-baseline debug-kernel debug-modules check-debug \
	coverage
deps:
	$(Q)debian/deps

deps-demo:
	$(Q)debian/deps nocheck pkg.vdpa.demo

vm-modules: deps
	$(Q)kdir=$(vm_kdir) && $(MAKE) $(parallel) all KDIR=$$kdir

demo: deps-demo
	$(Q)kdir=$(vm_kdir) && $(MAKE) $(parallel) check-symbols tool KDIR=$$kdir
	$(Q)tests/vm/run --timeout 240 -- tests/demo

demo-migrate: vm-modules
	$(Q)tests/vm/qemu >/dev/null
	$(Q)tests/vm/run --smp 2 --timeout 300 -- tests/demo-migrate

vm: vm-modules
	$(Q)tests/vm/run --shell

vm-update:
	$(Q)rm -rf build/vm/kernel build/vm/headers build/vm/qemu build/kernels
	$(Q)tests/vm/kernel >/dev/null

# TESTS: the files to run, instead of all. JOBS: how many at once, each in a VM of 1.5 GB.
JOBS ?= $(shell n=$$(nproc); echo $$((n < 4 ? n : 4)))
check: vm-modules
	$(Q)$(MAKE) $(parallel) fuzz-programs checked-programs
	$(Q)tests/vm/mainline distro >/dev/null
	$(Q)tests/vm/qemu >/dev/null
	$(Q)tests/run --jobs $(JOBS) $(TESTS)
ifndef TESTS
	$(Q)tests/kernels --check --jobs $(JOBS)
	$(Q)$(MAKE) check-packages
endif

# KERNELS: those of tests/kernels.list, instead of all.
check-kernels: vm-modules
	$(Q)tests/kernels --jobs $(JOBS) $(KERNELS)

# The way that a host takes: packages, into a fresh Debian 12 and out of it again. As root. VDPA_SUITE=trixie: Debian 13.
.PHONY: check-packages packages rpm
check-packages: deps
	$(Q)$(MAKE) tool
	$(Q)$$([ "$$(id -u)" = 0 ] || echo sudo -E) bats --tap --timing tests/packages/packages.bats

packages: deps
	$(Q)tests/packages/build build/packages/debs && ls build/packages/debs/*.deb

rpm: deps
	$(Q)tests/packages/rpm build/packages/rpm && ls build/packages/rpm/RPMS/*/*.rpm

# ROWS: those of the table to run, and nothing else. COUNTS, ROUNDS: see bench/README.md.
bench: vm-modules
	$(Q)bench/run $(ROWS)

# What the next runs are compared with, and the table and the picture that are shown: those of the last run.
bench-baseline:
	$(Q)bench/baseline

debug-kernel: deps
	$(Q)tests/vm/debug-kernel

# The same sources once more, as another tree's objects lie beside them. They count which lines are reached.
debug_modules := build/debug/modules
debug-modules: debug-kernel
	$(Q)mkdir -p $(debug_modules)
	$(Q)find kernel include tests/parent \( -name '*.[ch]' -o -name Kbuild \) ! -name '*.mod.c' -print0 | \
		xargs -0 cp --parents --update -t $(debug_modules)
	$(Q)for dir in $(module_dirs) $(test_module_dirs); do \
		$(MAKE) -C build/debug/linux M=$(CURDIR)/$(debug_modules)/$$dir GCOV_PROFILE=y KCFLAGS=-g modules || exit; done

# PART: one of tests/debug/parts, instead of all.
check-debug: debug-modules tool clients
	$(Q)tests/vm/mainline debug >/dev/null
	$(Q)tests/vm/qemu >/dev/null
	$(Q)tests/run --kernel debug --jobs $(JOBS) $(addprefix --part ,$(PART)) $(TESTS)

# Which lines of the core and of the simulated parents are reached by conformance, the fuzzer, allocations that fail, the model
# and stress; by the files whose drivers have what none of those has (virtio's own suspend, a control queue, mergeable buffers,
# chains in flight, data that travels in rounds); and by the files of TESTS; and why the others are not. The fuzzer, the model
# and stress take SECONDS each.
coverage: covering := tests/conform.bats tests/debug/fuzz.bats tests/debug/fail_nth.bats tests/model.bats \
	tests/debug/stress.bats $(addprefix tests/,$(addsuffix .bats,status inflight dirty_parent migration_kernel precopy \
	load_group sim/net sim/blk sim/ops)) $(TESTS)
coverage: debug-modules tool clients
	$(Q)VDPA_SECONDS=$(or $(SECONDS),600) tests/run --kernel debug --jobs $(JOBS) $(covering)
	$(Q)tests/coverage $(debug_modules) build/check/debug/machines/*-[0-9]*/

# For SECONDS, in the debug kernel, with a SEED of their own. Their logs are in build/fuzz/kernel, with what the fuzzer has sent
# last, and build/stress and build/model.
.PHONY: fuzz-kernel stress model
fuzz-kernel stress model: seconds = $(or $(SECONDS),600)
fuzz-kernel stress model: seed = $(or $(SEED),$(shell date +%s))
fuzz-kernel: debug-modules tool clients
	$(Q)tests/vm/run --kernel debug --smp 2 --timeout $$((600 + 2 * $(seconds))) --out build/fuzz/kernel -- \
		env VDPA_SECONDS=$(seconds) VDPA_SEED=$(seed) bats --tap --timing tests/debug/fuzz.bats

stress: debug-modules tool clients
	$(Q)tests/vm/run --kernel debug --smp 2 --timeout $$((600 + 2 * $(seconds))) --out build/stress -- \
		env VDPA_SECONDS=$(seconds) VDPA_SEED=$(seed) bats --tap --timing tests/debug/stress.bats

model: debug-modules tool clients
	$(Q)tests/vm/run --kernel debug --smp 2 --timeout $$((600 + 2 * $(seconds))) --out build/model -- \
		env VDPA_SECONDS=$(seconds) VDPA_SEED=$(seed) bats --tap --timing tests/model.bats

# --- Style: what the kernel's and the shell's own checkers say; checkpatch where this machine has it. The command is also
# looked through by gcc's analyzer and by clang-tidy (.clang-tidy says for what). A library's variables
# are used, and set, elsewhere: shellcheck's SC2034 and SC2154 know nothing of that.

shell_scripts = $(shell grep -lE '^\#!/bin/(ba)?sh' .ci/run contrib/libvirt/* contrib/udev/* debian/deps dkms/build kernel/check-symbols \
	tests/checkpatch tests/demo tests/demo-migrate tests/kernels tests/run tests/fuzz/tool/run tests/packages/* \
	tests/vm/* tests/hosts/* bench/* bench/rows/* 2>/dev/null) \
	$(wildcard tests/lib/*.bash tests/vm/*.bash bench/*.bash) completion/vdpa

.PHONY: style
style: have-kdir
	$(Q)tests/checkpatch $(KDIR) $$(find kernel include tests/parent -name '*.[ch]' ! -name '*.mod.c')
	$(Q)for dir in $(module_dirs) $(test_module_dirs); do \
		$(MAKE) -C $(KDIR) M=$(CURDIR)/$$dir W=1 C=2 CF=-Wsparse-error modules || exit; done
	$(Q)mkdir -p build/style
	$(Q)for file in $(tool_sources); do printf '  %-7s %s\n' WERROR $$file; \
		$(CC) -std=gnu11 $(WARNINGS) -Werror -O2 $(tool_flags) $$(pkg-config --cflags $(tool_libs)) \
			-c -o build/style/tool.o $$file || exit; done
	$(Q)for file in $(tool_sources); do printf '  %-7s %s\n' ANALYZE $$file; \
		gcc -std=gnu11 -Werror -O2 -fanalyzer $(tool_flags) $$(pkg-config --cflags $(tool_libs)) \
			-c -o build/style/tool.o $$file || exit; done
	$(Q)for file in $(tool_sources); do printf '  %-7s %s\n' TIDY $$file; \
		clang-tidy --quiet $$file -- -std=gnu11 $(tool_flags) $$(pkg-config --cflags $(tool_libs)) \
			2>build/style/tidy || { cat build/style/tidy; exit 1; }; done
	$(Q)for file in $(wildcard tests/fuzz/tool/*.c tests/tool/*.c); do printf '  %-7s %s\n' WERROR $$file; \
		clang $(fuzz_flags) -Werror $$(pkg-config --cflags $(tool_libs)) \
			-c -o build/style/fuzz.o -MF build/style/fuzz.d $$file || exit; done
	$(Q)for file in $(wildcard tests/clients/*.c tests/clients/*/*.c tests/fuzz/*.c tests/fuzz/kernel/*.c tests/model/*.c bench/*.c); do printf '  %-7s %s\n' WERROR $$file; \
		$(CC) -std=gnu11 $(WARNINGS) -Werror -O2 -Iinclude/uapi -Itests/clients $$(pkg-config --cflags $(client_libs)) \
			-c -o build/style/client.o $$file || exit; done
	$(call say,SHCHECK,$(words $(shell_scripts)) scripts)shellcheck -x -S warning -e SC2034,SC2154 $(shell_scripts)
	$(call say,MANDOC,$(man_pages))mandoc -T lint -W warning $(man_pages) </dev/null

# --- Cleaning. distclean also removes what was fetched or built once: the kernels.

.PHONY: clean distclean
clean:
	$(Q)find kernel tests/parent \( -name '*.o' -o -name '*.ko' -o -name '*.mod' -o -name '*.mod.c' -o -name '.*.cmd' \
		-o -name modules.order -o -name Module.symvers \) -delete
	$(Q)rm -f vdpa-tool/vdpa vdpa-tool/*/*.[od] $(client_programs) tests/clients/*.d tests/clients/wire/*.[od] tests/fuzz/*.d bench/*.d
	$(Q)rm -rf build/style build/checked

distclean: clean
	$(Q)rm -rf build

.PHONY: help
help:
	@echo 'make [KDIR=…]       modules and command; V=1 shows the commands'
	@echo 'make install        command and core: PREFIX=/usr/local, DESTDIR=; modules into /lib/modules/$(release)/updates'
	@echo '                    by themselves: install-tools, install-modules; besides: install-sim, install-dev'
	@echo 'make uninstall      removes what they put there, for every kernel'
	@echo 'make demo           installs what is missing and shows vDPA at work in a VM'
	@echo 'make demo-migrate   shows QEMU moving a guest from one device to another'
	@echo 'make check          runs the tests; TESTS="tests/x.bats …": some; JOBS=N: N files at once'
	@echo 'make check-kernels  builds the modules for each kernel of tests/kernels.list, boots it and runs a short set there; KERNELS="7.3 …": some'
	@echo 'make packages       builds the Debian packages into build/packages/debs;  make rpm: RPMs of the command and the headers'
	@echo 'make check-packages installs them into a fresh Debian, boots its modules, removes them; as root'
	@echo 'make check-debug    the same in a kernel with KASAN, UBSAN, lockdep, kmemleak …'
	@echo 'make coverage       lines of the modules that conformance, fuzzer (SECONDS=600), failing allocations, model, stress, some files and TESTS reach'
	@echo 'make fuzz-tool      fuzzes the command: SECONDS=60 a target, SEED=1'
	@echo 'make fuzz-kernel    sends what nobody would send, there, for SECONDS=600;  make stress, make model: everything at once'
	@echo 'make bench          measures side by side, in the VM (bench/README.md); ROWS="scale …": some, COUNTS="1 100": quickly'
	@echo 'make vm             a shell in the test VM;  make vm-update: with the newest kernel of the archive'
	@echo 'make debug-kernel   builds the debug kernel, once'
	@echo 'make style          checkpatch, sparse, warnings, clang-tidy, -fanalyzer, shellcheck, mandoc'
	@echo 'make deps           installs what debian/control says a build and the tests need;  make deps-demo: what the demo does'
	@echo 'make clean          removes what make built;  make distclean: the fetched and built kernels, too'
