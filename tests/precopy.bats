#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What is on a disk is copied in rounds while a guest writes to it, so that it stands still for what it wrote last alone.
# time limit: 1800

load lib/common
load lib/sim
load lib/guest

setup() {
	common_setup
	load_sim ours blk
	load_bus_drivers vhost_vdpa
	vdpa dev add name b0 mgmtdev "$BLK"
	vdpa dev add name b1 mgmtdev "$BLK"
	B0=$(vhost_of b0) B1=$(vhost_of b1)
	F=$BATS_TEST_TMPDIR/state
}

nl_raw() { "$VDPA_CLIENTS/nl_raw" --room 65536 "$@"; }

# works [OPTION…] - a guest that writes to b0, by default so few blocks that one round has them all
works() {
	local options=(blocks 48)

	(($# == 0)) || options=("$@")
	guest_start vm "$B0" blk depth 8 queues 2 "${options[@]}"
	guest vm go
	guest vm wait 100
}

# as_disk DEV - this host's own disk, $DISK; as_device DEV - what a guest can use
as_disk() {
	echo "$1" >"$BUS/devices/$1/driver/unbind"
	echo "$1" >/sys/bus/vdpa/drivers/virtio_vdpa/bind
	wait_until 20 blockdev_of "$1" >/dev/null
	DISK=/dev/$(blockdev_of "$1")
}
as_device() {
	echo "$1" >"$BUS/devices/$1/driver/unbind"
	echo "$1" >/sys/bus/vdpa/drivers/vhost_vdpa/bind
}

# finishes - all that it ever asked for was done, once, and is on its disk.
finishes() {
	guest vm finish
	assert_match "$ANSWER" '^ok finish well '
	guest_ends vm
}

state_is() { [ "$(vdpa -j dev show "$1" | jq -r ".dev.$1.state")" = "$2" ]; }

# copied DEV 0|1, staged DEV 0|1 - whether its changes are noted; whether rounds lie beside it
copied() { [[ $(<"$KNOBS/$BLK/devices/$1/precopy") = "copied $2 "* ]]; }
staged() { [[ $(<"$KNOBS/$BLK/devices/$1/precopy") = *" staged $2" ]]; }

# refused PATTERN COMMAND… - by the kernel
refused() {
	run -2 --separate-stderr vdpa "${@:2}"
	assert_match "$stderr" "$1"
}

# raw_refused ERRNO PATTERN ARGUMENT… - the last request of nl_raw is
raw_refused() {
	local verdict

	run -2 nl_raw "${@:3}"
	verdict=$(tail -n 5 <<<"$output")
	assert_match "$verdict" "errno=$1"
	assert_match "$verdict" "message=.*$2"
}

position() { vdpa -j dev vq show "$1" qidx "$2" | jq ".vq[\"$1\"].queues[0].avail_index"; }

# What follows belongs to the source

@test "a disk that is written to moves in rounds, to and fro, and every block is what the guest wrote last" {
	works blocks 1024
	for to in b1 b0; do
		from=b$((1 - ${to#b})) node=$B1
		[ $to = b1 ] || node=$B0
		guest vm prepare "$node"
		vdpa dev state save $from precopy rounds 2 below 0 | vdpa dev state load $to
		state_is $from suspended
		guest vm pause
		guest vm continue
		guest vm wait 200
		copied $from 0
		staged $to 0
	done
	finishes
}

@test "the rounds are written while the device works, and the rest is what was written last" {
	works
	vdpa dev state save b0 precopy file "$F"

	state_is b0 suspended
	jq -se 'length > 1 and all(.vdpa_state.version == 2 and .vdpa_state.device == "b0") and
		([.[:-1][].vdpa_state.round] == [range(length - 1)]) and .[-1].vdpa_state.rounds == length - 1 and
		(.[:-1] | all(.vdpa_state | has("virtqueues") | not))' "$F" ||
		fail "$(jq -c '.vdpa_state | .private |= length' "$F")"
	[ "$(stat -c %a "$F")" = 600 ]
	vdpa dev resume b0
	finishes
}

@test "a disk larger than what can be carried at once moves in rounds" {
	load_bus_drivers virtio_vdpa
	as_disk b0
	numbered $((MIB * 1152 * 1024)) | dd of="$DISK" bs=1M iflag=fullblock conv=fsync status=none
	as_device b0
	works
	vdpa dev suspend b0
	((MIB < 64)) || refused 'its parent cannot save its state: -(EFBIG|27)' dev state save b0 file "$F"
	vdpa dev resume b0
	guest vm prepare "$B1"
	vdpa dev state save b0 precopy | vdpa dev state load b1
	guest vm pause
	guest vm continue
	guest vm wait 50
	finishes
	as_disk b1
	# The guest has written the first of it.
	dd if="$DISK" bs=128K count=$((MIB * 9)) status=none |
		cmp --ignore-initial=$((64 * 4096)) - <(numbered $((MIB * 1152 * 1024)))
}

@test "a pre-copy that fails, wherever it does, leaves the device at work and no file" {
	works
	for op in precopy_begin precopy_read precopy_info suspend precopy_save get_vq_state describe; do
		knob "$BLK" ${op}_errno 28
		refused '-(ENOSPC|28)|does not tell the state of queue 0' dev state save b0 precopy file "$F"
		knob "$BLK" ${op}_errno 0
		[ ! -e "$F" ]
		wait_until 10 copied b0 0
		state_is b0 active
		guest vm wait 20
	done
	run -1 --separate-stderr vdpa dev state save b0 precopy file /dev/full
	assert_match "$stderr" 'No space left'
	state_is b0 active
	copied b0 0
	# The second round, not the first: there is one, as the guest has time to write between the two.
	knob "$BLK" precopy_info_delay_ms 200
	knob "$BLK" precopy_read_nth 2
	knob "$BLK" precopy_read_errno 28
	refused 'its parent cannot save its state' dev state save b0 precopy below 0 file "$F"
	[ ! -e "$F" ]
	state_is b0 active
	finishes
}

@test "a parent that cannot begin to copy is told from one that fails later" {
	works
	knob "$BLK" precopy_begin_errno 5
	refused 'device b0: its parent cannot begin to copy: -(EIO|5)' dev state save b0 precopy file "$F"
	[ ! -e "$F" ]
	state_is b0 active
	copied b0 0
	knob "$BLK" precopy_begin_errno 0
	finishes
}

@test "a reader that leaves in the middle has the device go on" {
	works
	run -1 --separate-stderr bash -c '"$0" dev state save b0 precopy below 0 rounds 5 | head -c 1000 >/dev/null; exit ${PIPESTATUS[0]}' \
		"$VDPA_TOOL"
	assert_match "$stderr" 'Broken pipe'
	state_is b0 active
	copied b0 0
	finishes
}

@test "who is killed between rounds leaves a device at work, and nothing is noted any more" {
	works
	knob "$BLK" precopy_info_delay_ms 600000
	start "$VDPA_TOOL" dev state save b0 precopy file "$F"
	wait_until 10 copied b0 1
	state_is b0 active
	finish_off "$PID"
	knob "$BLK" precopy_info_delay_ms 0
	wait_until 10 copied b0 0
	[ ! -e "$F" ]
	vdpa dev state save b0 precopy file "$F"
	vdpa dev resume b0
	finishes
}

@test "who is told to end while the device is suspended has it go on" {
	works
	for signal in TERM INT HUP; do
		knob "$BLK" precopy_save_delay_ms 600000
		start env -i --default-signal=INT "$VDPA_PROGRAM" dev state save b0 precopy file "$F"
		wait_until 10 state_is b0 suspended
		finish_off -$signal "$PID"
		wait_until 10 state_is b0 active
		knob "$BLK" precopy_save_delay_ms 0
		wait_until 10 copied b0 0
		[ ! -e "$F" ]
	done
	finishes
}

@test "a device that somebody else has suspended stays so, whatever comes of it" {
	works
	vdpa dev suspend b0
	knob "$BLK" precopy_save_errno 28
	refused 'its parent cannot save its state' dev state save b0 precopy file "$F"
	state_is b0 suspended
	knob "$BLK" precopy_save_errno 0
	vdpa dev state save b0 precopy file "$F"
	state_is b0 suspended
	vdpa dev resume b0
	finishes
}

@test "a suspend that misses its deadline leaves the device at work" {
	works
	knob "$BLK" suspend_delay_ms 2000
	refused 'deadline' dev state save b0 precopy deadline 100 file "$F"
	[ ! -e "$F" ]
	wait_until 20 state_is b0 active
	copied b0 0
	finishes
}

@test "one client copies a device at a time; another may save the whole of it" {
	works
	vdpa dev suspend b0
	cat >"$BATS_TEST_TMPDIR/meanwhile" <<-END
		"$VDPA_TOOL" dev state save b0 precopy 2>&1 >/dev/null | grep 'its state is being copied already' || exit 3
		"$VDPA_TOOL" dev state save b0 file "$F.whole" || exit 4
		"$VDPA_CLIENTS/nl_raw" dev-precopy-stop DEV_NAME:str:b0 | grep 'has begun no pre-copy' || exit 5
	END
	nl_raw dev-precopy-start DEV_NAME:str:b0 --next --dump --between "sh $BATS_TEST_TMPDIR/meanwhile" \
		dev-precopy-get DEV_NAME:str:b0 --next dev-precopy-stop DEV_NAME:str:b0 >/dev/null
	jq -e '.vdpa_state.version == 1 and (.vdpa_state | has("rounds") | not)' "$F.whole"
	raw_refused EBUSY 'is being copied already' dev-precopy-start DEV_NAME:str:b0 --next dev-precopy-start DEV_NAME:str:b0
	wait_until 10 copied b0 0
	vdpa dev resume b0
	finishes
}

@test "what belongs to no pre-copy is refused" {
	raw_refused EBUSY 'b0 has nothing to copy: no driver' dev-precopy-start DEV_NAME:str:b0
	works
	raw_refused ENOENT 'b0: this client has begun no pre-copy' --dump dev-precopy-get DEV_NAME:str:b0
	raw_refused ENOENT 'b0: this client has begun no pre-copy' dev-precopy-stop DEV_NAME:str:b0
	raw_refused EBUSY 'b0 is not suspended' dev-precopy-start DEV_NAME:str:b0 --next \
		--dump dev-state-get DEV_NAME:str:b0 STATE_REST:none
	raw_refused EINVAL 'name is missing' --dump dev-precopy-get
	vdpa dev suspend b0
	raw_refused ENOENT 'b0: this client has begun no pre-copy' --dump dev-state-get DEV_NAME:str:b0 STATE_REST:none
	# After the rest it has ended, and another may begin.
	raw_refused ENOENT 'b0: its pre-copy has ended' dev-precopy-start DEV_NAME:str:b0 --next \
		--dump dev-state-get DEV_NAME:str:b0 STATE_REST:none --next --dump dev-precopy-get DEV_NAME:str:b0
	nl_raw dev-precopy-start DEV_NAME:str:b0 --next --dump dev-state-get DEV_NAME:str:b0 STATE_REST:none --next \
		dev-precopy-start DEV_NAME:str:b0 --next dev-precopy-stop DEV_NAME:str:b0
	vdpa dev resume b0
	finishes
}

# Between two rounds: a round is in the socket, and what the next one says is the answer.
between() {
	raw_refused "$1" "$2" dev-precopy-start DEV_NAME:str:b0 --next --dump --between "$3" dev-precopy-get DEV_NAME:str:b0 --next \
		--dump dev-precopy-get DEV_NAME:str:b0
}

@test "a reset, a deletion and an unloading of the parent end a pre-copy" {
	works
	between ECANCELED 'b0 was reset while its state was copied' "kill -KILL $(guest_pid vm)
		while [ \$($VDPA_TOOL -j dev show b0 | jq -r .dev.b0.state) != inactive ]; do sleep 0.1; done"
	wait_until 10 copied b0 0
	works
	between ENODEV 'no device named b0' "kill -KILL $(guest_pid vm); $VDPA_TOOL dev del b0"
	vdpa dev add name b0 mgmtdev "$BLK"
	B0=$(vhost_of b0)
	works
	between ENODEV 'no device named b0' "kill -KILL $(guest_pid vm)
		until rmmod vdpa_sim_blk; do sleep 0.1; done"
}

@test "a device of that name that came later is not the one that was copied" {
	works
	between ENOENT 'this client has begun no pre-copy' "kill -KILL $(guest_pid vm)
		$VDPA_TOOL dev del b0; $VDPA_TOOL dev add name b0 mgmtdev $BLK"
}

@test "a parent that cannot do it says so, and is not asked to" {
	insmod "$VDPA_KO/sim/vdpa_sim_net.ko"
	vdpa dev add name n0 mgmtdev "$NET"
	refused 'n0 cannot be copied while it runs: its parent cannot' dev state save n0 precopy
	# All of it is told, with as much of a name as fits into a message.
	vdpa dev add name n2345678901234567890 mgmtdev "$NET"
	refused 'n2345678901234567890 cannot be copied while it runs: its parent cannot ' dev state save n2345678901234567890 precopy
	[ "$(vdpa -j dev show n0 | jq -c '.dev.n0.capabilities | index("precopy")')" = null ]
	vdpa -j dev migration show b0 | jq -e '.dev.b0.attributes[] | select(.name == "capabilities") | .value | index("precopy") != null'
	vdpa -j mgmtdev migration show "$BLK" |
		jq -e '.mgmtdev[].classes[].attributes[] | select(.name == "capabilities") | .value | index("precopy") != null'
}

@test "a parent with half of the operations is not registered" {
	insmod "$VDPA_KO/parent/vdpa_test_parent.ko" parents=mig precopy=$((0x1ff))
	rmmod vdpa_test_parent
	for part in 'begin, read, info, save and end go together:0x03 0x1f 0x3d 0x3e' 'save is missing:0x3e' \
		'load and drop go together:0x0c0 0x140' 'load is missing:0x180'; do
		for mask in ${part#*:}; do
			((mask == 0x3e)) && [ "${part%%:*}" != 'save is missing' ] && continue
			run ! insmod "$VDPA_KO/parent/vdpa_test_parent.ko" parents=mig precopy=$((mask))
			[[ $(kernel_log) = *"it has a part of pre-copy only: ${part%%:*}"* ]] || fail "mask $mask"
		done
	done
	for mask in 0 1 0x40 0x41 0x3f 0x1c0; do
		insmod "$VDPA_KO/parent/vdpa_test_parent.ko" parents=mig precopy=$((mask))
		rmmod vdpa_test_parent
	done
}

# What follows belongs to the target

# copy - the documents of b0 in the files $F.0, $F.1, …, the last of which is $F.rest; b0 works on.
copy() {
	local n

	works
	# The guest has time to write between two rounds.
	knob "$BLK" precopy_info_delay_ms 200
	vdpa dev state save b0 precopy rounds 2 below 0 file "$F"
	vdpa dev resume b0
	knob "$BLK" precopy_info_delay_ms 0
	for ((n = 0; n < $(wc -l <"$F") - 1; n++)); do
		sed -n "$((n + 1))p" "$F" >"$F.$n"
	done
	tail -n 1 "$F" >"$F.rest"
	((n > 2))
}

# bad STATUS PATTERN FILE… - is not loaded into b1, which is as before, and nothing lies beside it.
bad() {
	run "-$1" --separate-stderr bash -c 'cat "${@:2}" | "$0" dev state load "$1"' "$VDPA_TOOL" b1 "${@:3}"
	assert_match "$stderr" "$2"
	wait_until 10 staged b1 0
	assert_equal "$(position b1 0) $(position b1 1)" '0 0'
}

# change FILE FILTER [OTHER] - a document, changed
change() { jq -c --slurpfile other "${3-$1}" "$2" "$1" >"$F.changed"; }

@test "rounds out of order, twice, missing, cut, of another device or kind are refused, and nothing changes" {
	copy
	guest vm prepare "$B1"
	bad 2 'this client has sent none of the earlier rounds' "$F.1" "$F.0" "$F.rest"
	bad 2 'b1: the next round is 1, not 2' "$F.0" "$F.2"
	bad 2 'b1: the next round is 2, not 1' "$F.0" "$F.1" "$F.1"
	bad 2 'b1 has 2 rounds, but the rest follows ' "$F.0" "$F.1" "$F.rest"
	bad 1 'lacks the rounds before its state' "$F.rest"
	bad 1 'ends before what comes after the rounds' "$F.0" "$F.1"
	bad 1 'no JSON' "$F.0" <(head -c 500 "$F.1")
	change "$F.1" '.vdpa_state.device = "b7"'
	bad 1 'a round of one device, and then something of another' "$F.0" "$F.changed"
	change "$F.1" '.vdpa_state.attributes |= map(if .name == "capacity" then .value = 7 else . end)'
	bad 2 'capacity: source ' "$F.0" "$F.changed"
	change "$F.1" '.vdpa_state.private |= .[:800]'
	bad 2 'b1: its parent refuses round 1' "$F.0" "$F.changed"
	change "$F.0" '.vdpa_state.private = ""'
	bad 2 'b1: its parent refuses round 0' "$F.changed"
	change "$F.0" '.vdpa_state.private |= "AAAA" + .[4:]'
	bad 2 'b1: its parent refuses round 0' "$F.changed"
	# The rest in the place of a round, a round in that of the rest, and a whole state after rounds
	change "$F.0" '.vdpa_state.private = $other[0].vdpa_state.private' "$F.rest"
	bad 2 'b1: its parent refuses round 0' "$F.changed"
	change "$F.rest" '.vdpa_state.rounds = 1 | .vdpa_state.private = $other[0].vdpa_state.private' "$F.1"
	bad 2 'b1: its parent refuses the private state' "$F.0" "$F.changed"
	change "$F.rest" '.vdpa_state.version = 1'
	bad 1 'has a whole state after rounds' "$F.0" "$F.changed"
	change "$F.rest" '.vdpa_state.rounds = 0'
	bad 1 'lacks the rounds before its state' "$F.changed"
	knob "$BLK" precopy_load_nth 2
	knob "$BLK" precopy_load_errno 28
	bad 2 'b1: its parent refuses round 1: -(ENOSPC|28)' "$F.0" "$F.1"
	knob "$BLK" load_errno 28
	bad 2 'b1: its parent refuses the private state: -(ENOSPC|28)' "$F"
	knob "$BLK" load_errno 0
	finishes
}

# positions BYTES - where the stream $F is cut: at every byte of the start and the end of each document, and here and there between
positions() {
	awk -v every=997 -v edge="$1" '{
		for (i = 0; i < length($0) + 1; i++)
			if (i < edge || i > length($0) - edge || i % every == 0)
				print at + i
		at += length($0) + 1
	}' "$F"
}

@test "a stream that ends at any of its bytes loads nothing, and says so" {
	local at size cuts=0 failed=0 why='no JSON|ends before what comes|fewer states than devices'

	works blocks 18
	vdpa dev state save b0 precopy rounds 1 below 0 file "$F"
	size=$(wc -c <"$F")
	guest vm prepare "$B1"
	while read -r at; do
		# Without its last line feed a stream is whole.
		((at < size - 1)) || break
		cuts=$((cuts + 1))
		head -c "$at" "$F" | "$VDPA_TOOL" dev state load b1 2>"$F.said" && fail "loaded with $at bytes"
		failed=$((failed + 1))
		[[ $(<"$F.said") =~ $why ]] || fail "$at bytes: $(<"$F.said")"
	done < <(LC_ALL=C positions 50)
	echo "# $cuts cuts of $size bytes" >&3
	((cuts > 300 && cuts == failed))
	wait_until 10 staged b1 0
	assert_equal "$(position b1 0) $(position b1 1)" '0 0'
	vdpa dev state load b1 file "$F"
	guest vm pause
	finish_off "$(guest_pid vm)"
}

# load_slowly FILE… - b1 is given these rounds by a process that waits for more, in the pipe $MORE
load_slowly() {
	rm -f "$BATS_TEST_TMPDIR/more"
	mkfifo "$BATS_TEST_TMPDIR/more"
	start "$VDPA_TOOL" dev state load b1 file "$BATS_TEST_TMPDIR/more"
	exec {MORE}>"$BATS_TEST_TMPDIR/more"
	cat "$@" >&"$MORE"
	wait_until 10 staged b1 1
}

@test "rounds are taken without a driver, a reset does not lose them, and the rest is loaded on top" {
	works
	vdpa dev state save b0 precopy file "$F"
	load_slowly <(head -n -1 "$F")
	guest vm prepare "$B1"
	staged b1 1
	guest vm pause
	tail -n 1 "$F" >&"$MORE"
	exec {MORE}>&-
	wait "$PID" || fail "$(cat "$OUT")"
	staged b1 0
	guest vm continue
	guest vm wait 100
	finishes
}

@test "what is staged is forgotten with its client, and while it is there others load nothing" {
	copy
	load_slowly "$F.0"
	refused 'b1: another client loads rounds of a pre-copy' dev state load b1 file "$F"
	"$VDPA_CLIENTS/nl_raw" dev-get DEV_NAME:str:b1 >/dev/null
	vdpa dev suspend b0
	vdpa dev state save b0 file "$F.whole"
	vdpa dev resume b0
	refused 'b1: another client loads rounds of a pre-copy' dev state load b1 file "$F.whole"
	staged b1 1
	exec {MORE}>&-
	wait_until 10 ended "$PID"
	wait_until 10 staged b1 0

	load_slowly "$F.0"
	finish_off "$PID"
	exec {MORE}>&-
	wait_until 10 staged b1 0
	load_slowly "$F.0"
	vdpa dev del b1
	exec {MORE}>&-
	wait_until 10 ended "$PID"
	finishes
}

@test "rounds are not staged beside a device that works, or that its parent cannot stage for" {
	copy
	guest_start other "$B1" blk
	guest other go
	refused 'b1 is active: suspend it first' dev state load b1 file "$F.0"
	staged b1 0
	guest_ends other
	finishes
}

# What there is to carry

@test "an estimate tells what there is to carry, how fast it grows, and what a suspend takes" {
	run -0 vdpa -j migration estimate b0 interval 1
	jq -e '.estimate.b0 | .bytes < 1000 and .bytes_per_second == 0 and .state == "inactive"' <<<"$output"
	works
	vdpa dev suspend b0
	vdpa dev state save b0 file "$F"
	bytes=$(jq -r .vdpa_state.private "$F" | base64 -d | wc -c)
	run -0 vdpa -j migration estimate b0 interval 50
	jq -e --argjson bytes "$bytes" '.estimate.b0 | .bytes == $bytes and .bytes_per_second == 0 and .state == "suspended" and
		.suspend_last_us > 0 and .suspend_max_us > 0 and (.capabilities | index("precopy") != null)' <<<"$output"
	vdpa dev resume b0
	run -0 vdpa -j migration estimate b0
	jq -e '.estimate.b0 | .bytes_per_second > 0' <<<"$output"
	run -0 vdpa migration estimate b0 interval 20
	assert_match "$output" '^b0: bytes [0-9]+ bytes_per_second [0-9]+ state active suspend_last_us '
	knob "$BLK" estimate_errno 5
	refused 'b0: its parent cannot tell what to carry' migration estimate b0
	knob "$BLK" estimate_errno 0
	finishes
}

@test "a parent that tells no estimate is not taken for one with nothing to carry" {
	insmod "$VDPA_KO/sim/vdpa_sim_net.ko"
	vdpa dev add name n0 mgmtdev "$NET"
	run -0 vdpa -j migration estimate n0
	jq -e '.estimate.n0 | .private_state == "untold" and (has("bytes") or has("bytes_per_second") | not)' <<<"$output"
	run -0 vdpa migration estimate n0
	assert_match "$output" '^n0: private_state untold state inactive'
	refused 'no device named n9' migration estimate n9
	run -1 vdpa migration estimate
	run -1 vdpa migration estimate n0 b0
	run -1 vdpa migration estimate n0 interval 0
}
