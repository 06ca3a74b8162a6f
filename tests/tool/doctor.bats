#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What vdpa doctor finds on hosts that are set up in every way: trees with what it looks at.

load ../lib/common

setup() {
	common_setup
	ROOT=$BATS_TEST_TMPDIR/root
	mkdir -p "$ROOT"/{proc/sys/kernel,lib/modules,sys/module/module/parameters,sys/kernel/security,usr/src}
	echo 6.12.1 >"$ROOT/proc/sys/kernel/osrelease"
	echo N >"$ROOT/sys/module/module/parameters/sig_enforce"
	echo '[none] integrity confidentiality' >"$ROOT/sys/kernel/security/lockdown"
}

# big_endian NUMBER - its four bytes
big_endian() { printf %b "$(printf '\\x%02x' $(($1 >> 24 & 255)) $(($1 >> 16 & 255)) $(($1 >> 8 & 255)) $(($1 & 255)))"; }

# kernel RELEASE FILE [VERSION [SIGNER]] - a kernel that would load the core FILE. VERSION "": the core tells none.
kernel() {
	local dir=$ROOT/lib/modules/$1 info=$BATS_TEST_TMPDIR/info

	mkdir -p "$dir/$(dirname "$2")"
	printf 'kernel/drivers/net/veth.ko:\n%s: kernel/x.ko\n' "$2" >"$dir/modules.dep"
	: >"$dir/modules.builtin"
	printf 'license=GPL\0%s' "${3:+version=$3}" >"$info"
	printf '\0' >>"$info"
	(cd "$BATS_TEST_TMPDIR" && ld -r -b binary -o info.o info)
	objcopy --rename-section .data=.modinfo "$info.o" "$dir/$2"
	[ -z "${4-}" ] || {
		# As scripts/sign-file appends it: who, which key, the signature, and their lengths.
		printf '%sKEYSIGN' "$4"
		printf '%b' "\x01\x04\x01$(printf '\\x%02x' ${#4})\x03\0\0\0"
		big_endian 4
		printf '~Module signature appended~\n'
	} >>"$dir/$2"
}

headers() { mkdir -p "$ROOT/lib/modules/$1/build/include"; }

# loaded [VERSION] - a core that runs: ours, of that version, or the distribution's
loaded() {
	mkdir -p "$ROOT"/sys/module/vdpa/holders "$ROOT"/sys/bus/vdpa/devices
	echo live >"$ROOT/sys/module/vdpa/initstate"
	echo OE >"$ROOT/sys/module/vdpa/taint"
	[ -z "${1-}" ] || echo "$1" >"$ROOT/sys/module/vdpa/version"
}

doctor() { "$VDPA_TOOL" doctor root "$ROOT"; }
field() { "$VDPA_TOOL" -j doctor root "$ROOT" | jq -c ".doctor.host.$1"; }

@test "a host that runs our core and would load it again is set up right" {
	loaded 0.2.0
	kernel 6.12.1 updates/dkms/vdpa.ko 0.2.0

	run -0 doctor
	assert_equal "$output" "this host is set up right
loaded: this project's core, version 0.2.0, without a signature that the kernel knows
signatures: not required (lockdown: none)
kernel 6.12.1, running: this project's core, version 0.2.0, updates/dkms/vdpa.ko, not signed"
	assert_equal "$(field right)" true
	assert_equal "$(field kernels[0])" \
		'{"release":"6.12.1","running":true,"core":"ours","version":"0.2.0","file":"updates/dkms/vdpa.ko","signed":false}'
	assert_equal "$(field loaded)" \
		'{"core":"ours","version":"0.2.0","unsigned":true,"holders":[],"devices":0,"users":[]}'
}

@test "a kernel that would fall back to the distribution's core is found, and what it lacks" {
	loaded 0.2.0
	kernel 6.12.1 updates/dkms/vdpa.ko 0.2.0
	kernel 6.12.10 kernel/drivers/vdpa/vdpa.ko
	kernel 6.12.9 kernel/drivers/vdpa/vdpa.ko
	mkdir "$ROOT/usr/src/vdpa-0.2.0" "$ROOT/usr/src/vdpa-sim-0.2.0"
	headers 6.12.10

	run -3 doctor
	assert_equal "$(grep -A 1 ^problem: <<<"$output")" "problem: kernel 6.12.9 would load the distribution's core
     do: install its headers (Debian: apt install linux-headers-6.12.9), then: dkms autoinstall -k 6.12.9
problem: kernel 6.12.10 would load the distribution's core
     do: dkms install vdpa/0.2.0 -k 6.12.10; if it was refused, the end of /var/lib/dkms/vdpa/0.2.0/build/make.log says why"
	assert_equal "$(field 'kernels | map(.core)')" '["ours","distribution","distribution"]'
}

@test "without DKMS it is the build that is missing" {
	loaded 0.2.0
	kernel 6.12.1 updates/vdpa.ko 0.2.0
	kernel 6.12.2 kernel/drivers/vdpa/vdpa.ko

	run -3 doctor
	[[ $output = *'install vdpa-dkms, or for this kernel alone: make install KDIR=/lib/modules/6.12.2/build'* ]]
}

@test "what holds the old core is told" {
	loaded
	kernel 6.12.1 updates/dkms/vdpa.ko 0.2.0
	mkdir "$ROOT"/sys/module/vdpa/holders/{vduse,vhost_vdpa} "$ROOT"/sys/bus/vdpa/devices/{n0,n1}
	mkdir -p "$ROOT/proc/77/fd"
	echo qemu >"$ROOT/proc/77/comm"
	ln -s /dev/vhost-vdpa-0 "$ROOT/proc/77/fd/5"
	ln -s /dev/null "$ROOT/proc/77/fd/6"

	run -3 doctor
	assert_equal "$(sed -n '2,5p' <<<"$output")" "loaded: the distribution's core, without a signature that the kernel knows
held by the modules: vduse, vhost_vdpa
devices: 2
open: qemu (77) /dev/vhost-vdpa-0"
	[[ $output = *"problem: the distribution's core is loaded, 0.2.0 is installed for this kernel"* ]]
	[[ $output = *'modprobe -r vduse vhost_vdpa vdpa; modprobe vdpa'* ]]
}

@test "a core of another version than the one installed is told" {
	loaded 0.1.9
	kernel 6.12.1 updates/dkms/vdpa.ko 0.2.0

	run -3 doctor
	[[ $output = *"problem: this project's core 0.1.9 is loaded, 0.2.0 is installed for this kernel"* ]]
}

@test "an unsigned module is a problem where signed ones alone are loaded" {
	kernel 6.12.1 updates/dkms/vdpa.ko 0.2.0
	kernel 6.12.2 updates/dkms/vdpa.ko 0.2.0 'A key'
	run -0 doctor
	[[ $output = *'kernel 6.12.2: '*', signed by A key' ]]

	echo 'none [integrity] confidentiality' >"$ROOT/sys/kernel/security/lockdown"
	run -3 doctor
	[[ $output = *'signatures: required (lockdown: integrity)'* ]]
	[ "$(grep -c ^problem: <<<"$output")" = 1 ]
	[[ $output = *'problem: this host loads signed modules only, and updates/dkms/vdpa.ko for kernel 6.12.1 is not signed'* ]]
	[[ $output = *'mokutil --import'* ]]

	echo '[none] integrity confidentiality' >"$ROOT/sys/kernel/security/lockdown"
	echo Y >"$ROOT/sys/module/module/parameters/sig_enforce"
	run -3 doctor
	[[ $output = *'signatures: required (lockdown: none, sig_enforce)'* ]]
}

@test "a host without our core is told so, and a core that is built in" {
	kernel 6.12.1 kernel/drivers/vdpa/vdpa.ko
	run -3 doctor
	[[ $output = *"problem: this project's core is installed for no kernel"* ]]

	mkdir "$ROOT/usr/src/vdpa-0.2.0"
	mkdir -p "$ROOT/lib/modules/6.13.0"
	: >"$ROOT/lib/modules/6.13.0/modules.dep"
	echo kernel/drivers/vdpa/vdpa.ko >"$ROOT/lib/modules/6.13.0/modules.builtin"
	run -3 doctor
	[[ $output = *'problem: kernel 6.13.0 has its vDPA core built in'* ]]
}

@test "names that others chose are printed safely" {
	loaded
	mkdir "$ROOT"/sys/module/vdpa/holders/$'a\x1b[31m'

	run -3 doctor
	[[ $output = *'held by the modules: a\x1b[31m'* ]]
}

@test "what is no argument is refused" {
	run -1 "$VDPA_TOOL" doctor n0
	run -1 "$VDPA_TOOL" doctor root
	[[ $output = *root* ]]
}
