#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The test VM itself: what it says about a command has to be true before any test in it means something.

load ../lib/common

setup() {
	common_setup
	RUN=$BATS_TEST_TMPDIR/run
}

# vm [OPTION…] -- COMMAND… - in a VM whose run directory is $RUN
vm() { "$VDPA_TOP/tests/vm/run" --out "$RUN" "$@"; }

@test "a command's status, output and files come out of the VM, the host's root stays as it is" {
	run -7 --separate-stderr vm -- bash -c '
		echo "out of $(uname -r)"
		echo kept >"$VDPA_OUT/file"
		touch "$VDPA_TOP/gone" /gone
		echo complaint >&2
		exit 7'

	[ "$output" = "out of $(cat "$VDPA_TOP/build/vm/kernel/release")" ]
	[[ $stderr = *complaint* ]]
	[ "$(cat "$RUN/file")" = kept ]
	grep -q 'Linux version 6.12' "$RUN/dmesg"
	[ ! -e "$VDPA_TOP/gone" ] && [ ! -e /gone ]
}

@test "a command that succeeds while the kernel reports a fault fails the run" {
	run -123 --separate-stderr vm -- bash -c 'echo "WARNING: CPU: 0 PID: 1 at nowhere" >/dev/kmsg'
	[[ $stderr = *'the kernel reported a fault'*'at nowhere'* ]]
}

@test "a kernel that panics ends the run at once, and its last words are shown" {
	run -125 --separate-stderr vm -- bash -c 'echo begun; echo c >/proc/sysrq-trigger; sleep 200'
	[ "$output" = begun ]
	[[ $stderr = *'ended before the command did'*'sysrq triggered crash'* ]]
}

# boots_fail N - the first N machines of this test end while they boot
boots_fail() {
	local qemu

	qemu=$(command -v qemu-system-x86_64)
	mkdir "$BATS_TEST_TMPDIR/bin"
	cat >"$BATS_TEST_TMPDIR/bin/qemu-system-x86_64" <<-EOF
		#!/bin/bash
		if [[ \$* = *mount_tag=root* ]] && (( \$(wc -l <"$BATS_TEST_TMPDIR/boots") < $1 )); then
			echo boot >>"$BATS_TEST_TMPDIR/boots"
			echo 'Oops: int3: 0000' >"$RUN/console.log"
			exit
		fi
		exec $qemu "\$@"
	EOF
	chmod +x "$BATS_TEST_TMPDIR/bin/qemu-system-x86_64"
	: >"$BATS_TEST_TMPDIR/boots"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
}

@test "a machine that ends while it boots is started once more, and that is said" {
	boots_fail 1

	run -0 --separate-stderr vm -- bash -c 'echo begun; test -e "$VDPA_KO/core/vdpa.ko"'

	[ "$output" = begun ]
	[[ $stderr = *'ended while it booted; once more'*'Oops: int3'* ]]
	grep -q int3 "$RUN/console.boot.log"
}

@test "a machine that ends while it boots again and again has failed" {
	boots_fail 2

	run -125 --separate-stderr vm -- echo begun

	[ "$output" = '' ]
	[[ $stderr = *'the machine ended before the command did'* ]]
	[ "$(wc -l <"$BATS_TEST_TMPDIR/boots")" = 2 ]
}

@test "a command that hangs is killed at the time limit, and the end of the console shown" {
	run -124 --separate-stderr vm --timeout 20 -- bash -c 'echo begun; exec sleep 200'
	[ "$output" = begun ]
	[[ $stderr = *'time limit of 20 s'*'sysrq: Show Blocked State'* ]]
}

@test "two VMs side by side do not disturb each other" {
	vm -- bash -c 'echo first >/tmp/same; sleep 5; cat /tmp/same' >"$BATS_TEST_TMPDIR/first" &
	run -0 --separate-stderr "$VDPA_TOP/tests/vm/run" --out "$BATS_TEST_TMPDIR/second" -- \
		bash -c 'echo second >/tmp/same; sleep 5; cat /tmp/same'
	[ "$output" = second ]
	wait $!
	[ "$(cat "$BATS_TEST_TMPDIR/first")" = first ]
}

@test "what it cannot make sense of is refused with the reason" {
	run -125 vm --timeout soon -- true
	[[ $output = *'--timeout wants a number, not "soon"'* ]]
	run -125 vm --kernel newest -- true
	[[ $output = *'no kernel "newest"'* ]]
	run -125 vm
	[[ $output = *'no command'* ]]
	run -125 vm --fast -- true
	[[ $output = *'no option "--fast"'* ]]
}

@test "every kind of kernel report is recognised, and the marks of tests are not" {
	local line

	while read -r line; do
		kernel_reports <<<"[    1.000000] $line"
	done <<-'EOL'
		BUG: kernel NULL pointer dereference, address: 0000000000000000
		BUG: KASAN: slab-use-after-free in vdpa_dev_put+0x1/0x2
		BUG kmalloc-64 (Not tainted): Poison overwritten
		kernel BUG at kernel/core/device.c:1!
		WARNING: CPU: 1 PID: 2 at kernel/core/device.c:1 f+0x1/0x2
		WARNING: possible circular locking dependency detected
		WARNING: suspicious RCU usage
		Oops: general protection fault, probably for non-canonical address
		UBSAN: shift-out-of-bounds in kernel/core/device.c:1:2
		INFO: task vdpa:123 blocked for more than 30 seconds.
		watchdog: BUG: soft lockup - CPU#0 stuck for 22s!
		rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:
		kmemleak: 2 new suspected memory leaks (see /sys/kernel/debug/kmemleak)
		refcount_t: underflow; use-after-free.
		ODEBUG: free active (active state 0) object: 0 object type: work_struct
		list_del corruption. prev->next should be 1, but was 2.
		Kernel panic - not syncing: hung_task: blocked tasks
	EOL
	run ! kernel_reports <<<"$KERNEL_MARK begin: a WARNING: of ours"
	run ! kernel_reports <<<'vdpa: loading out-of-tree module taints kernel.'
}
