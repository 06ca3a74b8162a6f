# SPDX-License-Identifier: GPL-2.0-or-later
# For tests that work with the devices of the test parent (tests/parent) and with the independent clients (tests/clients).
# Loaded after lib/common.

KNOBS=/sys/kernel/debug/vdpa_test_parent
BUS=/sys/bus/vdpa

# Names and features of the test parent's management devices (tests/parent/main.c)
NET=vdpatest_net BLK=vdpatest_blk ODD=vdpatest_odd MULTI=vdpatest_multi BARE=vdpatest_bare
ON_BUS=platform/vdpatest_bus.0
NET_FEATURES=0x300c30028 BLK_FEATURES=0x300007666 ODD_FEATURES=0x300000000

# Feature bits, as the virtio specification numbers them
F_MTU=$((1 << 3)) F_MAC=$((1 << 5)) F_STATUS=$((1 << 16)) F_CTRL_VQ=$((1 << 17)) F_MQ=$((1 << 22))
F_BLK_RO=$((1 << 5)) F_VERSION_1=$((1 << 32)) F_ACCESS_PLATFORM=$((1 << 33))

nl_raw() { "$VDPA_CLIENTS/nl_raw" "$@"; }

# add_all MGMTDEV NAME… - creates devices with these names, all over one socket. MGMTDEV has no bus.
add_all() {
	local parent=$1 name requests=()
	shift

	for name; do
		requests+=(dev-new "DEV_NAME:str:$name" "MGMTDEV_DEV_NAME:str:$parent" --next)
	done
	nl_raw "${requests[@]}" --dump mgmtdev-get >/dev/null
}

# load_parent [MODULE PARAMETER…]
load_parent() { insmod "$VDPA_KO/parent/vdpa_test_parent.ko" "$@"; }

# Releases all blocked operations and open files of a test, then removes its devices and modules.
teardown() {
	local rc=0

	clear_knobs
	end_started || rc=1
	common_teardown || rc=1
	return "$rc"
}

# knob MGMTDEV NAME VALUE - tells the test parent how to misbehave. MGMTDEV without its bus.
knob() { echo "$3" >"$KNOBS/$1/$2"; }

# Clears all delays and faults.
clear_knobs() {
	local file

	for file in "$KNOBS"/*/{stuck_*,fail_answer}; do
		[ ! -e "$file" ] || echo 0 >"$file"
	done
	for file in "$KNOBS"/*/{add,del,set_status}_delay_ms "$KNOBS"/*/{add,set_attr}_errno; do
		[ ! -e "$file" ] || echo 0 >"$file"
	done
}

# waiting MGMTDEV - prints how many of its operations the knobs block at this moment.
waiting() { cat "$KNOBS/$1/waiting"; }
held_up() { [ "$(waiting "$1")" -gt 0 ]; }

# start COMMAND… - in the background, output to the file $OUT; its process is $PID.
start() {
	OUT=$BATS_TEST_TMPDIR/started.${#STARTED[@]}
	"$@" >"$OUT" 2>&1 3>&- &
	PID=$!
	STARTED+=("$PID")
}

# Ends the processes of the test that still run.
end_started() {
	local pid

	for pid in "${STARTED[@]}"; do
		kill -KILL "$pid" 2>/dev/null || continue
		wait_until 10 ended "$pid" || fail "process $pid survives SIGKILL:" "$(cat "/proc/$pid/stat" "/proc/$pid/stack")"
	done
	STARTED=()
}

# hold DEV [OPTION…] - opens DEV's vhost-vdpa node with vhost_hold and keeps it open; the process is $HOLDER.
hold() {
	local node

	node=$(vhost_node "$1") || return
	start "$VDPA_CLIENTS/vhost_hold" "${@:2}" "$node"
	HOLDER=$PID
	wait_until 10 grep -q ready "$OUT" || fail "$(cat "$OUT")"
}

# release - closes the file that hold() opened.
release() { finish_off -TERM "$HOLDER"; }

# driver_of DEV - prints the bus driver bound to DEV, or nothing.
driver_of() {
	local link

	for link in "$BUS"/drivers/*/"$1"; do
		[ -e "$link" ] || continue
		link=${link%/*}
		echo "${link##*/}"
	done
}

exists() { [ -e "$BUS/devices/$1" ]; }
gone() { ! exists "$1"; }
has_driver() { [ "$(driver_of "$1")" = "$2" ]; }

# vhost_node DEV - the path of its vhost-vdpa character device.
vhost_node() {
	local dir

	for dir in "$BUS/devices/$1"/vhost-vdpa-*; do
		[ -e "$dir" ] || fail "$1 has no vhost-vdpa node" || return
		echo "/dev/${dir##*/}"
	done
}

# devices - the names of all devices that the core knows, sorted.
devices() { nl_raw --dump dev-get | sed -n 's/^DEV_NAME=//p' | sort; }

# fields REQUEST DEV - the reply to a request that names a device alone, a NAME=value a line.
fields() { nl_raw "$1" DEV_NAME:str:"$2" | sed '/^$/d; /^errno=0$/d'; }

# field REQUEST DEV ATTRIBUTE - one value of that reply.
field() { fields "$1" "$2" | sed -n "s/^$3=//p"; }

# on_the_bus - prints the devices and their bus drivers from sysfs.
on_the_bus() { printf '%s\n' "$BUS"/devices/* "$BUS"/drivers/*/*; }

# line KEY - prints the value in the line KEY=value of $output, or nothing.
line() {
	local text=$'\n'$output$'\n'

	[[ $text != *$'\n'"$1="* ]] || { text=${text#*$'\n'"$1="}; echo "${text%%$'\n'*}"; }
}

# kernel_refuses ERRNO WHERE PATTERN REQUEST… - sends REQUEST with nl_raw. The kernel must refuse it with ERRNO and a
# message that matches PATTERN, must report WHERE (attribute=NAME, missing=NAME, or - without an attribute at fault),
# and must change nothing. All three are regular expressions; the first two match as a whole.
kernel_refuses() {
	local errno=$1 where=$2 pattern=$3 pointed=-
	shift 3

	unchanged nl_raw --unchanged "$@"
	[ "$status" -eq 2 ] || fail "not refused (status $status): $*" "$output"
	[[ $(line errno) =~ ^($errno)$ ]] || fail "refused, but not with $errno: $*" "$output"
	[[ $(line message) =~ $pattern ]] || fail "the message does not say \"$pattern\": $*" "$output"
	[[ ! $'\n'$output =~ $'\n'((attribute|missing)=[^$'\n']*) ]] || pointed=${BASH_REMATCH[1]}
	[[ $pointed =~ ^($where)$ ]] || fail "it points at $pointed instead of $where: $*" "$output"
}

# command_refuses STATUS PATTERN ARGUMENT… - our command must fail with exit status STATUS (1: the command found the
# mistake, 2: the kernel did), print an error that matches PATTERN and nothing else, and change nothing.
command_refuses() {
	local expected=$1 pattern=$2
	shift 2

	unchanged nl_raw --around "$VDPA_TOOL" "$@"
	[ "$status" -eq "$expected" ] || fail "status $status instead of $expected: vdpa $*" "$output" "$stderr"
	[ -z "$output" ] || fail "refused, yet it prints: vdpa $*" "$output"
	[[ $stderr =~ $pattern ]] || fail "the message does not say \"$pattern\": vdpa $*" "$stderr"
}

# unchanged COMMAND… - runs COMMAND like bats' run. COMMAND compares the kernel's netlink replies itself; this checks
# that devices and drivers on the bus are unchanged.
unchanged() {
	local before

	before=$(on_the_bus)
	run --separate-stderr "$@"
	[ "$status" -ne 4 ] || fail "$stderr: $*"
	[ "$(on_the_bus)" = "$before" ] || fail "devices or drivers on the bus have changed: $*"
}

# now_ms - a clock in milliseconds
now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }

# calibrate [COMMAND…] - sets $IN_TIME, the time limit in milliseconds for a command that must not block: three seconds,
# or more if COMMAND (default: the usual requests) already takes a large part of that on this machine without
# contention.
calibrate() {
	local began

	began=$(now_ms)
	if (($#)); then
		"$@"
	else
		"$VDPA_TOOL" dev show >/dev/null
		genl ctrl list >/dev/null
	fi
	IN_TIME=$((3000 + 10 * ($(now_ms) - began)))
}

# in_time COMMAND… - COMMAND succeeds within $IN_TIME.
in_time() {
	local began took

	began=$(now_ms)
	start "$@"
	wait_until $((IN_TIME / 1000 + 10)) ended "$PID" ||
		fail "no answer at all: $*" "$(cat "/proc/$PID/stack")" || return
	took=$(($(now_ms) - began))
	wait "$PID" || fail "failed: $*" "$(cat "$OUT")" || return
	((took <= IN_TIME)) || fail "took $took ms, not at most $IN_TIME: $*"
}

# other_families_answer - generic netlink and devlink (if the kernel has it; the debug kernel has not) must answer
# within $IN_TIME.
other_families_answer() {
	in_time genl ctrl list || return
	! grep -q devlink "$OUT" || in_time devlink dev show
}
