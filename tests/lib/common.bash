# SPDX-License-Identifier: GPL-2.0-or-later
# What every bats file loads. A file without setup() and teardown() of its own gets those here; one with its own calls
# common_setup first and common_teardown last.
#
# Files directly in tests/ and those in tests/sim/ run as root in a VM, several in one (tests/run), and leave it as they found it;
# those in tests/tool/ and tests/vm/ run on the host.

bats_require_minimum_version 1.5.0

_lib=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
VDPA_TOP=${VDPA_TOP:-$(cd "$_lib/../.." && pwd)}
VDPA_TOOL=${VDPA_TOOL:-$VDPA_TOP/vdpa-tool/vdpa}
VDPA_CLIENTS=${VDPA_CLIENTS:-$VDPA_TOP/tests/clients}
# The program itself: $VDPA_TOOL runs it, and where documents are wanted keeps those that it prints, for tests/schema-check.
export VDPA_PROGRAM=${VDPA_PROGRAM:-$VDPA_TOOL}
[ -z "${VDPA_DOCUMENTS-}" ] || VDPA_TOOL=$VDPA_CLIENTS/recorded
IPROUTE_VDPA=$(PATH=/usr/sbin:/sbin command -v vdpa) || IPROUTE_VDPA=
# shellcheck source=tests/lib/reports.bash
. "$_lib/reports.bash"

# Modules that tests load, in the order in which they can go.
_MODULES=(
	vdpa_test_driver vdpa_test_parent vp_vdpa vdpa_sim_net vdpa_sim_blk vdpa_sim vringh vduse
	vhost_vdpa virtio_vdpa virtio_net virtio_blk vdpa
)

setup() { common_setup; }
teardown() { common_teardown; }

common_setup() {
	# bats notes before every command where it is, with some thirty commands of its own. A failure in a library is told by
	# the line of the test that called it.
	trap '[[ $BASH_SOURCE != "$BATS_TEST_SOURCE" ]] || bats_debug_trap "$BASH_SOURCE"' DEBUG
	export VDPA_TEST="$BATS_TEST_FILENAME: $BATS_TEST_DESCRIPTION"
	_MARK="$KERNEL_MARK $$.$BATS_SUITE_TEST_NUMBER begin: $BATS_TEST_DESCRIPTION"
	! in_vm || echo "$_MARK" >/dev/kmsg
}

# Takes away what the test has left, then fails the test when that cannot be done or when the kernel reported a fault.
common_teardown() {
	local rc=0

	in_vm || return 0
	stop_vduse_disks || rc=1
	unload_all || rc=1
	no_kernel_report || rc=1
	return "$rc"
}

in_vm() { [ -n "$VDPA_OUT" ]; }

# kernel_log - what the kernel has logged since the test began. Line by line from the end: to cut a long log at a pattern
# takes the shell minutes.
kernel_log() {
	local lines=() first IFS=$'\n'

	mapfile -t lines < <(dmesg)
	for ((first = ${#lines[@]}; first; first--)); do
		[[ ${lines[first - 1]} != *"$_MARK" ]] || break
	done
	echo "${lines[*]:first}"
}

# Nearly always there is little and no report in it, which costs no process to find out.
no_kernel_report() {
	local log IFS='|'

	log=$(kernel_log)
	if ((${#log} < 65536)) && [[ ! $log =~ ${KERNEL_REPORTS[*]} ]]; then
		return
	fi
	if kernel_reports <<<"$log" >/dev/null; then
		printf 'the kernel reported a fault:\n%s\n' "$log"
		return 1
	fi
}

# Saying that something is wrong

# fail LINE…
fail() {
	printf '%s\n' "$@" >&2
	return 1
}

# assert_equal ACTUAL EXPECTED
assert_equal() { [ "$1" = "$2" ] || fail "expected: $2" "got:      $1"; }

# assert_match TEXT REGEX
assert_match() { [[ $1 =~ $2 ]] || fail "expected a match of: $2" "got: $1"; }

# wait_until SECONDS COMMAND… - runs COMMAND again and again until it succeeds; fails when it has not after SECONDS, or three
# times as long, since the machine may be busy with other things.
wait_until() {
	local end=$((${EPOCHREALTIME/./} + 3 * $1 * 1000000))
	shift

	until "$@"; do
		((${EPOCHREALTIME/./} < end)) || fail "waited in vain for: $*" || return
		pause
	done
}

# pause - a twentieth of a second. A process that sleeps would cost more than that where the VM is emulated: the shell waits
# for what a pipe that nobody writes to never brings.
pause() {
	[ "$_SILENCE" ] || exec {_SILENCE}<> <(:)
	! read -rt 0.05 -u "$_SILENCE"
}
_SILENCE=

# alive PID, ended PID - whether a process still runs. One that has ended and that the shell has not looked after yet is a
# zombie, which signals reach: /proc tells them apart.
alive() {
	local stat

	{ read -r stat <"/proc/$1/stat"; } 2>/dev/null && [[ ${stat##*) } != [ZX]* ]]
}
ended() { ! alive "$1"; }

# ends_with STATUS PID - waits for what the test has started: it ends with STATUS. A subshell, as bats' run has one, cannot
# wait for it, and fails whatever it does.
ends_with() {
	local status=0

	wait "$2" || status=$?
	assert_equal "$status" "$1"
}

# waits PID - the command runs, and sleeps. Before, the shell that becomes it still has handlers of its own for signals.
waits() { [[ $(<"/proc/$1/stat") = *' (vdpa) S '* ]]; }

# finish_off [SIGNAL] PID… - ends what the test has started, with SIGKILL if not told otherwise, and waits until it has ended: what
# it held is free, and what it asked for is called off.
finish_off() {
	local signal=-KILL pid

	[[ $1 != -* ]] || { signal=$1; shift; }
	kill "$signal" "$@"
	for pid; do
		wait_until 10 ended "$pid" || return
	done
}

# The commands

vdpa() { "$VDPA_TOOL" "$@"; }

# printed PROGRAM ARG… - runs what prints documents as the command does, so that they are kept, too.
printed() {
	if [ "${VDPA_DOCUMENTS-}" ]; then
		VDPA_PROGRAM=$1 "$VDPA_CLIENTS/recorded" "${@:2}"
	else
		"$@"
	fi
}

# keep_document FILE ARG… - keeps the documents of a command that ran for as long as it was wanted, and what it was asked for
keep_document() {
	[ -z "${VDPA_DOCUMENTS-}" ] ||
		{ printf '%s\0' "$VDPA_TEST"; cat "$1"; printf '\0\0'; printf '%s\0' "${@:2}"; } >"$VDPA_DOCUMENTS/$BASHPID-$RANDOM"
}

# unknown ARGUMENT… - the kernel refuses what our command asks with these; a command that dies of it is no refusal.
unknown() {
	local status=0

	"$VDPA_TOOL" "$@" >/dev/null 2>&1 || status=$?
	((status == 2))
}

# Modules

# load_core ours|distro
load_core() {
	case $1 in
	ours) insmod "$VDPA_KO/core/vdpa.ko" ;;
	distro) modprobe vdpa ;;
	*) fail "load_core: no core \"$1\"" ;;
	esac
}

unload_core() { rmmod vdpa; }

# load_bus_drivers [vhost_vdpa] [virtio_vdpa] - the distribution's; virtio_vdpa with the drivers of its net and block devices,
# which nobody else would load here.
load_bus_drivers() {
	local driver

	for driver; do
		[ "$driver" != virtio_vdpa ] || modprobe -a virtio_net virtio_blk
		modprobe "$driver"
	done
}

module_loaded() { [ -e "/sys/module/$1" ]; }

# Those of ours that are loaded, in the order in which they can go, to the array LOADED.
_loaded() {
	local module state

	LOADED=()
	for module in "${_MODULES[@]}"; do
		module_loaded "$module" || continue
		read -r state <"/sys/module/$module/initstate" || continue
		[ "$state" != live ] || LOADED+=("$module")
	done
}

# A module that stays in use for ten seconds is a failure of the test that left it so.
unload_all() { wait_until 10 _unload_loaded || rmmod "${LOADED[@]}"; }

# Killable where the kernel is: an rmmod that hangs must not take the rest of the tests with it.
_unload_loaded() {
	_loaded
	((${#LOADED[@]} == 0)) || timeout -k 1 10 rmmod "${LOADED[@]}" 2>/dev/null
}

# vduse disks

# start_vduse_disk NAME FILE [EXPORT-OPTION…] - qemu-storage-daemon serves FILE as the vduse device NAME, ready for
# "vdpa dev add name NAME mgmtdev vduse". EXPORT-OPTION: "num-queues=4" and the like.
start_vduse_disk() {
	local name=$1 file=$2 options=''
	shift 2

	(($# == 0)) || options=,$(IFS=,; echo "$*")
	modprobe vduse
	qemu-storage-daemon --daemonize --pidfile "$BATS_FILE_TMPDIR/vduse-$name.pid" \
		--blockdev "driver=file,node-name=disk,filename=$file" \
		--export "type=vduse-blk,id=export,name=$name,node-name=disk,writable=on$options" 3>&-
	wait_until 10 test -e "/dev/vduse/$name"
}

# stop_vduse_disk NAME - deletes the vdpa device that is made of it, ends its daemon and with it the vduse device.
stop_vduse_disk() {
	local pidfile=$BATS_FILE_TMPDIR/vduse-$1.pid pid

	pid=$(cat "$pidfile") || return
	if [ -e "/sys/bus/vdpa/devices/$1" ]; then
		timeout -k 1 10 "$IPROUTE_VDPA" dev del "$1" || return
	fi
	kill "$pid" 2>/dev/null
	wait_until 10 ended "$pid" || return
	rm -f "$pidfile"
}

stop_vduse_disks() {
	local pidfile name rc=0

	for pidfile in "$BATS_FILE_TMPDIR"/vduse-*.pid; do
		[ -e "$pidfile" ] || continue
		name=${pidfile##*/vduse-}
		stop_vduse_disk "${name%.pid}" || rc=1
	done
	return "$rc"
}
