# SPDX-License-Identifier: GPL-2.0-or-later
# What the rows of the table (bench/rows) share: each is a script for the VM that leaves what it has measured,
# a line each, in $RAW: row, what, subject, number of devices, round, value, unit, with tabs between them.

# shellcheck source=tests/lib/alone.bash
. "$VDPA_TOP/tests/lib/alone.bash" sim

# Numbers of devices that things are measured beside; the largest bounds also the other rows.
COUNTS=${COUNTS:-1 100 1000 4000 8000}

ROW=${0##*/}
RAW=$VDPA_OUT/$ROW.tsv

ask() { "$VDPA_TOP/bench/ask" "$@"; }
spawn() { "$VDPA_TOP/bench/spawn" "$@"; }

# What is left where a row fails, is not left to the next one.
trap 'end_started; unload_all' EXIT

# note SUBJECT DEVICES ROUND [WHAT] - keeps what ask and spawn print; WHAT comes before what they call it.
note() {
	awk -v OFS='\t' -v row="$ROW" -v subject="$1" -v devices="$2" -v round="$3" -v what="${4:+$4-}" \
		'{ print row, what $1, subject, devices, round, $2, $3 }' >>"$RAW"
}

# per NUMBER - each value divided by it
per() { awk -F '\t' -v OFS='\t' -v n="$1" '{ $2 /= n; print }'; }

# value WHAT NUMBER UNIT - as ask and spawn print it
value() { printf '%s\t%s\t%s\n' "$@"; }

# at_most N - N, or the largest number of devices that is wanted, if that is less
at_most() {
	local count largest=0

	for count in $COUNTS; do
		((count <= largest)) || largest=$count
	done
	echo $(($1 < largest ? $1 : largest))
}

# program ours|iproute2 - the command of that name
program() {
	case $1 in
	ours) echo "$VDPA_TOOL" ;;
	iproute2) echo "$IPROUTE_VDPA" ;;
	esac
}

# instructions COMMAND… - that it executes in user space, from its first to its last
instructions() {
	value instructions "$(valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>&1 >/dev/null |
		sed -n 's/.*Collected : *//p')" 1
}

# system_calls COMMAND… - with those of its start
system_calls() {
	strace -f -c -U calls,name -o /tmp/calls "$@" >/dev/null
	value calls "$(awk '$2 == "total" { print $1 }' /tmp/calls)" 1
}

