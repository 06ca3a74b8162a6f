# SPDX-License-Identifier: GPL-2.0-or-later
# Functions for tests in which vhost_hold plays a virtual machine monitor that suspends devices. Loaded after lib/state.

# monitored DEV… - starts each device with vhost_hold; sets DRIVER and DRIVER_OUT.
monitored() {
	local name

	for name; do
		start "$VDPA_CLIENTS/vhost_hold" --status 15 --queues 2 "$(vhost_of "$name")"
		DRIVER[$name]=$PID DRIVER_OUT[$name]=$OUT
	done
	for name; do
		wait_until 30 said "${DRIVER_OUT[$name]}" ready || fail "$(<"${DRIVER_OUT[$name]}")"
	done
}

# The monitor of DEV carries out an action; earlier ones are counted, to wait for this one.
begins() { kill "-$2" "${DRIVER[$1]}"; }
times_done() { awk -v word="$2" '$1 == word { n++ } END { print n + 0 }' "${DRIVER_OUT[$1]}"; }
has_done() { [ "$(times_done "$1" "$2")" -ge "$3" ]; }
orders() {
	local name=$1 signal=$2 word=$3 before

	before=$(times_done "$name" "$word")
	begins "$name" "$signal"
	wait_until 30 has_done "$name" "$word" $((before + 1))
	assert_equal "$(tail -n 1 "${DRIVER_OUT[$name]}")" "$word 0"
}
driver_suspends() { orders "$1" USR1 suspend; }
driver_resumes() { orders "$1" USR2 resume; }
driver_resets() { orders "$1" HUP reset; }

# Virtio's own suspend, through the status, and the driver's view of it
driver_sets_suspend() { orders "$1" IO set_suspend; }
driver_sets_driver_ok() { orders "$1" ALRM start; }
driver_sets_failed() { orders "$1" PROF set_failed; }
driver_sees() {
	local before

	before=$(times_done "$1" status)
	begins "$1" URG
	wait_until 30 has_done "$1" status $((before + 1))
	[ "$(sed -n 's/^status //p' "${DRIVER_OUT[$1]}" | tail -n 1)" = "$2" ]
}

# refused PROCESS - a command in the background must end, refused by the kernel
refused() {
	local status=0

	wait "$1" || status=$?
	assert_equal "$status" 2
}

# suspend_and_resume DEV - suspends and resumes DEV by commands until the file "enough" exists. A command may be refused
# (status 2) because another one was quicker; other errors are failures.
suspend_and_resume() {
	local status

	while [ ! -e "$BATS_TEST_TMPDIR/enough" ]; do
		status=0
		nl_raw --repeat 20 dev-suspend "DEV_NAME:str:$1" DEADLINE:u32:1000 --next dev-resume "DEV_NAME:str:$1" ||
			status=$?
		[ "$status" = 0 ] || [ "$status" = 2 ] || return
	done
}
