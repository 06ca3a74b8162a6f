#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# vdpa monitor tells what happens, all of it and in order.
# time limit: 900

load lib/state

setup() {
	common_setup
	load_sim ours net blk
	load_bus_drivers vhost_vdpa
}

# rounds DEV N - suspends and resumes it so many times: four transitions each
rounds() { nl_raw --repeat "$2" dev-suspend "DEV_NAME:str:$1" --next dev-resume "DEV_NAME:str:$1" >/dev/null; }

stopped() { [[ $(</proc/"$1"/stat) = *') T '* ]]; }

lines_of() { grep -c . "$1"; }

# picture - the state of each device as the lines so far have it: "NAME STATE", sorted
picture() {
	awk '
		/^lost/ { delete state }
		{ dev = ""; now = ""; for (i = 1; i < NF; i++) { if ($i == "dev") dev = $(i + 1); if ($i == "state") now = $(i + 1) } }
		/^dev_present|^dev_state/ { state[dev] = now }
		/^dev_added/ { state[dev] = "inactive" }
		/^dev_removed/ { delete state[dev] }
		END { for (dev in state) print dev, state[dev] }' "$WATCHED" | sort
}
truth() { "$VDPA_TOOL" -j dev show | jq -r '.dev // {} | to_entries[] | "\(.key) \(.value.state)"' | sort; }
picture_is_true() { [ "$(picture)" = "$(truth)" ]; }

@test "all that happens is told: what comes and goes, states and who changed them, configuration" {
	watch
	vdpa dev add name n0 mgmtdev "$NET"
	wait_until 10 said "$WATCHED" 'dev_bound.* chardev'
	vdpa dev set name n0 mac 52:54:00:12:34:56
	vdpa dev del n0
	rmmod vdpa_sim_net
	insmod "$VDPA_KO/sim/vdpa_sim_net.ko"
	wait_until 10 said "$WATCHED" mgmtdev_added

	assert_equal "$(<"$WATCHED")" "$(cat <<-END
		mgmtdev_present mgmtdev vdpasim_net
		mgmtdev_present mgmtdev vdpasim_blk
		synced
		dev_added dev n0 mgmtdev vdpasim_net
		dev_bound dev n0 mgmtdev vdpasim_net driver vhost_vdpa chardev /dev/vhost-vdpa-0
		dev_config dev n0 mgmtdev vdpasim_net cause management
		dev_state dev n0 mgmtdev vdpasim_net old inactive state removing cause management
		dev_unbound dev n0 mgmtdev vdpasim_net
		dev_removed dev n0 mgmtdev vdpasim_net
		mgmtdev_removed mgmtdev vdpasim_net
		mgmtdev_added mgmtdev vdpasim_net
	END
	)"
}

@test "a configuration that the device changes by itself is told while a driver listens for it" {
	unload_all
	load_sim ours blk
	load_bus_drivers virtio_vdpa
	vdpa dev add name b0 mgmtdev "$BLK"
	wait_until 20 blockdev_of b0 >/dev/null
	watch

	echo 4096 >"/sys/kernel/debug/$BLK/devices/b0/capacity"

	wait_until 10 said "$WATCHED" 'dev_config dev b0 mgmtdev vdpasim_blk cause device'
}

@test "every transition of a thousand is told, in order" {
	started_disks 1
	watch

	rounds d1 250

	wait_until 60 told_all d1 1000
	assert_equal "$(changes_of d1 | uniq -c | sort | uniq -c | wc -l)" 4
	assert_equal "$(changes_of d1)" "$(for i in {1..250}; do
		printf '%s management\n' 'active suspending' 'suspending suspended' 'suspended resuming' 'resuming active'
	done)"
	run ! said "$WATCHED" lost
}
told_all() { [ "$(changes_of "$1" | wc -l)" -ge "$2" ]; }

@test "who falls behind is told that events were lost, and ends with the true state" {
	started_disks 2
	user_devices "$BLK" b0
	watch
	kill -STOP "$WATCHER"
	wait_until 10 stopped "$WATCHER"
	rounds d1 1500
	vdpa dev suspend d2
	vdpa dev del b0
	vdpa dev add name b1 mgmtdev "$BLK"

	kill -CONT "$WATCHER"

	wait_until 30 said "$WATCHED" lost
	wait_until 30 synced_again
	wait_until 30 picture_is_true || fail "$(picture)" "$(truth)"
	assert_equal "$(picture)" $'b1 inactive\nd1 active\nd2 suspended'
	# And goes on from there
	vdpa dev resume d2
	wait_until 10 saw d2 'resuming active management'
	picture_is_true
}

# What comes after "lost" ends with "synced".
synced_again() { sed -n '/^lost/,$p' "$WATCHED" | grep -q '^synced'; }

# follows_on FILE - what each line about d1 begins with is what the one before has ended with; x is there or not in turn.
follows_on() {
	{ sed -n 's/^dev_present dev d1 .* state /- /p' "$1"; changes_of d1; } |
		awk 'NR > 1 && $1 != last { print "from " last " to " $0; exit 1 } { last = $2 }' || return
	grep -o '^dev_\(present\|added\|removed\) dev x' "$1" |
		awk '{ there = $1 != "dev_removed" } NR > 1 && there == was { print "twice: " $0; exit 1 } { was = there }'
}

# Fewer events than a monitor's buffer holds, however slow it is.
@test "who begins in the middle of it has a true picture, without a gap or a double" {
	local watched=()

	started_disks 1
	for ((i = 0; i < 60; i++)); do
		churn+=(--next dev-new DEV_NAME:str:x "MGMTDEV_DEV_NAME:str:$BLK" --next dev-del DEV_NAME:str:x)
	done
	start "$VDPA_CLIENTS/nl_raw" --repeat 250 dev-suspend DEV_NAME:str:d1 --next dev-resume DEV_NAME:str:d1
	rounds=$PID
	start "$VDPA_CLIENTS/nl_raw" "${churn[@]:1}"
	churning=$PID
	for i in 1 2 3 4; do
		watch
		watched+=("$WATCHED")
	done
	wait "$rounds"
	wait "$churning"

	for WATCHED in "${watched[@]}"; do
		wait_until 20 picture_is_true || fail "$(picture)" "$(truth)"
		run -0 follows_on "$WATCHED"
		run ! said "$WATCHED" lost
	done
}

@test "a monitor without -s tells nothing but what happens" {
	start "$VDPA_TOOL" monitor
	WATCHED=$OUT
	# It has no sign to give that it listens.
	until [ -s "$WATCHED" ]; do
		vdpa dev add name n0 mgmtdev "$NET"
		vdpa dev del n0
	done
	run ! grep -E 'present|synced' "$WATCHED"
	assert_match "$(<"$WATCHED")" 'dev_(added|state|removed) dev n0'
}

@test "management devices or devices alone are told where that is wanted" {
	watch
	all=$WATCHED
	start "$VDPA_TOOL" -s monitor mgmtdev
	parents=$OUT
	wait_until 10 said "$parents" present
	user_devices "$BLK" b0
	start "$VDPA_TOOL" -s monitor dev
	devs=$OUT
	wait_until 10 said "$devs" present
	vdpa dev del b0
	rmmod vdpa_sim_net

	wait_until 10 said "$all" mgmtdev_removed
	wait_until 10 said "$parents" mgmtdev_removed
	run ! grep -q '^dev_' "$parents"
	run ! grep -q '^mgmtdev_' "$devs"
	assert_match "$(<"$devs")" '^dev_present dev b0 mgmtdev vdpasim_blk state inactive'
	said "$devs" 'dev_removed dev b0'
}

@test "with -j each event is one JSON object on one line, with -t it has the time" {
	watch -jt
	before=$(date +%s%N)
	vdpa dev add name b0 mgmtdev "$BLK"
	after=$(date +%s%N)
	wait_until 10 said "$WATCHED" dev_added

	keep_document "$WATCHED" -jt monitor
	assert_equal "$(jq -c 'select(.event == "dev_added") | del(.time, .seq)' "$WATCHED")" '{"event":"dev_added","dev":"b0","mgmtdev":"vdpasim_blk"}'
	time=$(date -d "$(jq -r 'select(.event == "dev_added").time' "$WATCHED")" +%s%N)
	((before - 1000 <= time && time <= after)) || fail "$before $time $after"
}

@test "with -j each line has a number: that of the state when it is synced, one more for each event" {
	vdpa dev add name b0 mgmtdev "$BLK"
	watch -j
	vdpa dev add name b1 mgmtdev "$BLK"
	vdpa dev del b1
	wait_until 10 said "$WATCHED" dev_removed

	keep_document "$WATCHED" -j monitor
	jq -es 'map(select(.event == "synced").seq)[0] as $synced | all(.[]; .seq <= $synced or (.event | endswith("present") | not)) and
		(map(select(.seq > $synced).seq) | length >= 3 and . == [range($synced + 1; $synced + 1 + length)])' "$WATCHED"
}

@test "a monitor whose reader has gone ends and says so" {
	run -1 bash -c "'$VDPA_TOOL' -s monitor 2>&1 >/dev/full"
	assert_match "$output" 'standard output'
}

@test "when the core goes the monitor ends, and says so" {
	unload_all
	load_core ours
	start "$VDPA_TOOL" monitor
	sleep 1	# it has no sign to give that it listens
	rmmod vdpa

	wait_until 10 ended "$PID"
	status=0
	wait "$PID" || status=$?
	assert_equal "$status: $(<"$OUT")" '2: vdpa: the vdpa kernel module was unloaded'
}

@test "who is nobody may watch" {
	cp "$VDPA_PROGRAM" /tmp/vdpa
	start setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=-all /tmp/vdpa -s monitor
	wait_until 10 said "$OUT" present
	rm /tmp/vdpa
	user_devices "$BLK" b0
	wait_until 10 said "$OUT" 'dev_added dev b0'
}
