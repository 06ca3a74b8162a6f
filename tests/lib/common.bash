# SPDX-License-Identifier: GPL-2.0-or-later
# Functions for every bats file. A file without setup() and teardown() gets those defined here; one with its own calls
# common_setup first and common_teardown last.
#
# Files directly in tests/ and those in tests/sim/ run as root in a VM, several in one (tests/run), and leave it as they found it;
# those in tests/tool/ and tests/vm/ run on the host.

bats_require_minimum_version 1.5.0

_lib=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
VDPA_TOP=${VDPA_TOP:-$(cd "$_lib/../.." && pwd)}
VDPA_TOOL=${VDPA_TOOL:-$VDPA_TOP/vdpa-tool/vdpa}
VDPA_CLIENTS=${VDPA_CLIENTS:-$VDPA_TOP/tests/clients}
# The program itself. $VDPA_TOOL runs it, and if $VDPA_DOCUMENTS is set keeps its output for tests/schema-check.
export VDPA_PROGRAM=${VDPA_PROGRAM:-$VDPA_TOOL}
[ -z "${VDPA_DOCUMENTS-}" ] || VDPA_TOOL=$VDPA_CLIENTS/recorded
IPROUTE_VDPA=$(PATH=/usr/sbin:/sbin command -v vdpa) || IPROUTE_VDPA=
# shellcheck source=tests/lib/reports.bash
. "$_lib/reports.bash"

# Modules that tests load, in the order in which they can be unloaded.
_MODULES=(
	vdpa_test_driver vdpa_test_parent vp_vdpa vdpa_sim_net vdpa_sim_blk vdpa_sim vringh vduse
	vhost_vdpa virtio_vdpa virtio_net virtio_blk vdpa
)

setup() { common_setup; }
teardown() { common_teardown; }

common_setup() {
	# bats records its position before every command, which takes some thirty commands. A failure in a library is
	# reported with the line of the test that called it.
	trap '[[ $BASH_SOURCE != "$BATS_TEST_SOURCE" ]] || bats_debug_trap "$BASH_SOURCE"' DEBUG
	export VDPA_TEST="$BATS_TEST_FILENAME: $BATS_TEST_DESCRIPTION"
	_MARK="$KERNEL_MARK $$.$BATS_SUITE_TEST_NUMBER begin: $BATS_TEST_DESCRIPTION"
	! in_vm || echo "$_MARK" >/dev/kmsg
}

# Cleans up after the test, then fails the test if that failed or if the kernel reported a fault.
common_teardown() {
	local rc=0

	in_vm || return 0
	stop_vduse_disks || rc=1
	unload_all || rc=1
	no_kernel_report || rc=1
	return "$rc"
}

in_vm() { [ -n "$VDPA_OUT" ]; }

# kernel_log - prints the kernel log since the test began. Reads lines from the end: matching a pattern in a long log
# takes the shell minutes.
kernel_log() {
	local lines=() first IFS=$'\n'

	mapfile -t lines < <(dmesg)
	for ((first = ${#lines[@]}; first; first--)); do
		[[ ${lines[first - 1]} != *"$_MARK" ]] || break
	done
	echo "${lines[*]:first}"
}

# Usually the log is short and has no report: checking that needs no process.
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

# Reporting failures

# fail LINE…
fail() {
	printf '%s\n' "$@" >&2
	return 1
}

# assert_equal ACTUAL EXPECTED
assert_equal() { [ "$1" = "$2" ] || fail "expected: $2" "got:      $1"; }

# assert_match TEXT REGEX
assert_match() { [[ $1 =~ $2 ]] || fail "expected a match of: $2" "got: $1"; }

# How many times longer things may take: where the clock counts instructions, it runs on by minutes while the host reads a file
# for the machine.
_SLOWER=$((${VDPA_COUNTED:-0} ? 100 : 1))

# wait_until SECONDS COMMAND… - runs COMMAND repeatedly until it succeeds; fails if it has not succeeded after SECONDS,
# or three times as long, as the machine may be busy.
wait_until() {
	local end=$((${EPOCHREALTIME/./} + 3 * _SLOWER * $1 * 1000000))
	shift

	until "$@"; do
		((${EPOCHREALTIME/./} < end)) || fail "waited in vain for: $*" || return
		pause
	done
}

# pause - waits for a twentieth of a second. In an emulated VM a sleep process would take longer, so the shell reads
# from a pipe without a writer.
pause() {
	[ "$_SILENCE" ] || exec {_SILENCE}<> <(:)
	! read -rt 0.05 -u "$_SILENCE"
}
_SILENCE=

# alive PID, ended PID - tests whether a process still runs. An ended process that the shell has not reaped is a zombie,
# which still accepts signals: /proc shows the difference.
alive() {
	local stat

	{ read -r stat <"/proc/$1/stat"; } 2>/dev/null && [[ ${stat##*) } != [ZX]* ]]
}
ended() { ! alive "$1"; }

# ends_with STATUS PID - waits for a process of the test, which must end with STATUS. Must not be called in a subshell,
# as in bats' run, which cannot wait for it.
ends_with() {
	local status=0

	wait "$2" || status=$?
	assert_equal "$status" "$1"
}

# waits PID - tests whether the command runs and sleeps. Before that, the forked shell still has its own signal
# handlers.
waits() { [[ $(<"/proc/$1/stat") = *' (vdpa) S '* ]]; }

# finish_off [SIGNAL] PID… - sends a signal (default: SIGKILL) to processes of the test, and waits until they have
# ended: then their files are closed and their requests are cancelled.
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

# printed PROGRAM ARG… - runs a program that prints documents like the command, so that they are kept too.
printed() {
	if [ "${VDPA_DOCUMENTS-}" ]; then
		VDPA_PROGRAM=$1 "$VDPA_CLIENTS/recorded" "${@:2}"
	else
		"$@"
	fi
}

# keep_document FILE ARG… - keeps the documents in FILE, printed by a command that the test ended, and its arguments
keep_document() {
	[ -z "${VDPA_DOCUMENTS-}" ] ||
		{ printf '%s\0' "$VDPA_TEST"; cat "$1"; printf '\0\0'; printf '%s\0' "${@:2}"; } >"$VDPA_DOCUMENTS/$BASHPID-$RANDOM"
}

# unknown ARGUMENT… - tests whether the kernel refuses the command with these arguments; a crash is no refusal.
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

# load_bus_drivers [vhost_vdpa] [virtio_vdpa] - loads the distribution's modules; virtio_vdpa together with virtio_net
# and virtio_blk, which are not loaded automatically here.
load_bus_drivers() {
	local driver

	for driver; do
		[ "$driver" != virtio_vdpa ] || modprobe -a virtio_net virtio_blk
		modprobe "$driver"
	done
}

module_loaded() { [ -e "/sys/module/$1" ]; }

# Sets the array LOADED to the loaded modules of the list above, in the order in which they can be unloaded.
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
unload_all() { wait_until 10 _unload_loaded || fail "modules that stay: ${LOADED[*]}" "$RMMOD_SAID"; }

# Killable if the kernel allows it: a hanging rmmod must not block the remaining tests. What it says is in $RMMOD_SAID.
_unload_loaded() {
	_loaded
	((${#LOADED[@]} == 0)) || RMMOD_SAID=$(timeout -k 1 $((10 * _SLOWER)) rmmod "${LOADED[@]}" 2>&1)
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

# stop_vduse_disk NAME - deletes its vdpa device, then ends its daemon, which removes the vduse device.
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
