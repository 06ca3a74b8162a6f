# SPDX-License-Identifier: GPL-2.0-or-later
# Functions for tests of suspend, resume, virtqueue state and events. They use the simulated parents (lib/sim) and the
# independent client (lib/devices); of functions in both, lib/sim's is used.

_state_lib=$(dirname "${BASH_SOURCE[0]}")
load "$_state_lib/common"
load "$_state_lib/devices"
load "$_state_lib/sim"

# The error as in kernel messages; kernels without CONFIG_SYMBOLIC_ERRNAME print a number.
EIO='-(EIO|5)'

# Output file of a device's driver (vdpa_vmm), by device
declare -gA DRIVER=() DRIVER_OUT=()

on_the_bus() { printf '%s\n' /sys/bus/vdpa/devices/* /sys/bus/vdpa/drivers/*/*; }

# state_of DEV
state_of() {
	[[ $("$VDPA_TOOL" dev show "$1") =~ \ state\ ([a-z]+) ]] && echo "${BASH_REMATCH[1]}"
}
has_state() { [ "$(state_of "$1")" = "$2" ]; }

# Of the device alone, in JSON
shown() { "$VDPA_TOOL" -j dev show "$1" | jq -r ".dev[\"$1\"]$2"; }
held_by() { [ "$(shown "$1" '.suspended_by | tostring')" = "$2" ]; }
transitions() { field dev-get "$1" DEV_TRANSITIONS; }

# drive DEV PROGRAM [OPTION…] - a user-space driver (tests/clients/vmm) starts the device and uses it.
drive() {
	[ "$2" != blk ] || set -- "$@" announce 1
	start "$VMM" "$(vhost_of "$1")" "${@:2}"
	DRIVER[$1]=$PID DRIVER_OUT[$1]=$OUT
	wait_until 30 said "$OUT" ready || fail "$(<"$OUT")"
}

# finish DEV - ends the driver, which must have got exactly one correct answer to each request.
finish() {
	local status=0

	kill -USR2 "${DRIVER[$1]}"
	wait "${DRIVER[$1]}" || status=$?
	[ "$status" = 0 ] || fail "the driver of $1 ends with $status" "$(<"${DRIVER_OUT[$1]}")"
	grep -qx 'wrong 0' "${DRIVER_OUT[$1]}"
}

# rings DEV - prints the positions of the driver's rings: a line "queue N available N used N" for each queue
rings() {
	local out=${DRIVER_OUT[$1]} before

	before=$(grep -c 'snapshot end' "$out") || :
	kill -USR1 "${DRIVER[$1]}"
	wait_until 30 more_snapshots "$out" "$before" || return
	awk '/^queue / { text = text $0 "\n" } /^snapshot end/ { last = text; text = "" } END { printf "%s", last }' "$out"
}
more_snapshots() { [ "$(grep -c 'snapshot end' "$1")" -gt "$2" ]; }

# told DEV - prints the positions from vq show: a line "queue N used N" for each that is ready
told() {
	"$VDPA_TOOL" -j dev vq show "$1" |
		jq -r ".vq[\"$1\"].queues[] | select(.ready) | \"queue \\(.qidx) used \\(.avail_index)\""
}

# used DEV - the same, only the used index: the driver may still make more available.
used() { rings "$1" | sed 's/ available [0-9]*//'; }

# at_rest DEV - the device's positions must be stable and equal to the driver's, and must not change although requests
# are available.
at_rest() {
	local before

	before=$(used "$1")
	[ "$before" ] || fail 'the driver says nothing about its rings'
	assert_equal "$(told "$1")" "$before"
	[ "$("$VDPA_TOOL" -j dev vq show "$1" | jq "[.vq[\"$1\"].queues[].stable] | all")" = true ]
	sleep 1	# time in which nothing may happen
	assert_equal "$(used "$1")" "$before"
}

# watch [OPTION…] - starts vdpa monitor and waits until it listens; its output goes to $WATCHED, its process is
# $WATCHER.
# shellcheck disable=SC2120 # tests give options
watch() {
	start "$VDPA_TOOL" -s "$@" monitor
	WATCHER=$PID WATCHED=$OUT
	wait_until 20 said "$WATCHED" synced
}

# changes_of DEV - prints the monitor's lines about its state so far: "old new cause"
changes_of() {
	sed -n "s/.*dev_state dev $1 .* old \\([a-z]*\\) state \\([a-z]*\\) cause \\([a-z]*\\).*/\\1 \\2 \\3/p" "$WATCHED"
}
saw() { changes_of "$1" | grep -qx "$2"; }

# user_devices CLASS NAME… - creates devices for user-space drivers
user_devices() {
	local parent=$1 name
	shift

	for name; do
		"$VDPA_TOOL" dev add name "$name" mgmtdev "$parent" >/dev/null
	done
}

# started_disks N - creates block devices d1 to dN, each started by a driver
started_disks() {
	local i

	for ((i = 1; i <= $1; i++)); do
		user_devices "$BLK" "d$i"
		start "$VMM" "$(vhost_of "d$i")" blk count 1 hold 1
		DRIVER[d$i]=$PID
	done
	for ((i = 1; i <= $1; i++)); do
		wait_until 30 has_state "d$i" active
	done
}

# keep_open DEV - opens its character device in a process that does nothing; the process is $KEEPER.
keep_open() {
	start "$VDPA_CLIENTS/vhost_hold" "$(vhost_of "$1")"
	KEEPER=$PID
	wait_until 10 said "$OUT" ready
}

# suspending DEV [OPTION…] - begins to suspend the device, by a command whose process is $CALLER and whose output is in $ANSWER;
# waits until its parent is suspending it. The monitor shows that; polling could miss it.
suspending() {
	watch
	start "$VDPA_TOOL" dev suspend "$@"
	CALLER=$PID ANSWER=$OUT
	wait_until 30 saw "$1" 'active suspending management'
}

# started_pair - creates a network device n0 and a block device b0, started by user-space drivers
started_pair() {
	load_sim ours net blk
	load_bus_drivers vhost_vdpa
	user_devices "$NET" n0
	user_devices "$BLK" b0
	start "$VMM" "$(vhost_of n0)" net count 1 hold 1
	start "$VMM" "$(vhost_of b0)" blk count 1 hold 1
	wait_until 60 has_state n0 active
	wait_until 60 has_state b0 active
}

# nic_of_the_host - a network device n0 that this host itself uses, as the interface $netdev
nic_of_the_host() {
	unload_all
	load_sim ours net
	load_bus_drivers virtio_vdpa
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET" >/dev/null
	wait_until 20 netdev_of n0 >/dev/null
	netdev=$(netdev_of n0)
	ip link set "$netdev" up
}
