#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# tests/kernels: a module that is built with a warning, or that does not fit, is a failure. What it calls to build is played here.

load ../lib/common

setup() {
	cd "$BATS_TEST_TMPDIR"
	mkdir -p bin tests/vm tests/parent kernel/core kernel/sim include headers
	cp "$VDPA_TOP"/tests/kernels "$VDPA_TOP"/tests/kernels.list tests
	cp "$VDPA_TOP"/tests/vm/*.bash tests/vm
	for dir in kernel/core kernel/sim tests/parent; do touch "$dir/Kbuild"; done
	plays tests/vm/kernel 'echo "$PWD/headers"'
	plays tests/vm/headers 'echo "$PWD/headers"'
	plays kernel/check-symbols 'cat fits; [ ! -s fits ]'
	plays bin/make 'cat said'
	echo 6.12.0-test >headers/release
	echo '  CC [M]  vdpa.o' >said
	: >fits
	export VDPA_VERSION=1 PATH=$PWD/bin:$PATH
}

# plays FILE SCRIPT
plays() {
	printf '#!/bin/sh\n%s\n' "$2" >"$1"
	chmod +x "$1"
}

@test "modules that are built without a word against them pass" {
	run -0 tests/kernels --build distro
	assert_match "$output" 'built for kernel distro without a warning'
}

@test "a warning fails, is shown, and is looked for again the next time" {
	echo 'kernel/core/device.c:7:5: warning: unused variable' >>said
	for _ in 1 2; do
		run -1 tests/kernels --build distro
		assert_match "$output" 'device\.c:7:5: warning: unused variable'
		assert_match "$output" 'building for distro gives warnings'
		[ ! -e build/kernels/distro/built ]
	done
}

@test "modules that do not fit fail, and the kernels after it are built all the same" {
	echo '< struct vdpa_device: dev at 0' >fits
	run -1 tests/kernels --build distro 7.3
	assert_match "$output" 'struct vdpa_device: dev at 0'
	run ! grep -q 'built for kernel' <<<"$output"
	[ -e build/kernels/7.3/built ]
}
