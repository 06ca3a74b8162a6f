#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Devices describe themselves, the kernel judges descriptions as the command does, a target is found and planned, state is
# saved and loaded. What drivers make of it is in migrate.bats and move.bats.
# time limit: 1200

load lib/state

MIG=vdpatest_mig
DESCRIPTION=/sys/kernel/debug/vdpa_test_parent/$MIG/description

setup() {
	common_setup
	cd "$BATS_TEST_TMPDIR"
}

# sims - the simulated parents on our core, for user-space drivers
sims() {
	load_sim ours net blk
	load_bus_drivers vhost_vdpa
}

# described TEXT - what the test parent's management device vdpatest_mig and its devices say of themselves from now on
described() { echo "$1" >"$DESCRIPTION"; }

# description DEV FILE - what DEV says of itself
description() { vdpa -j dev migration show "$1" >"$2"; }

# source_of FILE ATTRIBUTE… - a device of the network class that is somewhere else; its attributes are JSON.
source_of() {
	local IFS=,

	echo "{\"dev\":{\"there\":{\"class\":\"net\",\"attributes\":[${*:2}]}}}" >"$1"
}

VERSION='{"name":"software_version","type":"version","rule":"version","value":"2.0.1"}'

# a_started_disk DEV - a disk whose driver has started it and done something with it
a_started_disk() {
	vdpa dev add name "$1" mgmtdev "$BLK"
	start "$VMM" "$(vhost_of "$1")" blk count "${2-20}" hold 1
	DRIVER[$1]=$PID
	wait_until 30 said "$OUT" holding
}

# saved DEV… - their state, in the file "state"
saved() { vdpa dev state save "$@" file state; }

# The verdict

@test "the kernel comes to the verdict that the table says, in every case" {
	local wrong

	load_core ours
	load_parent parents=mig
	vdpa dev add name m0 mgmtdev "$MIG"

	"$VDPA_CLIENTS/migration_ask" "$VDPA_TOP/tests/migration_cases.txt" "$DESCRIPTION" m0 "$MIG" >answers

	wrong=$(awk -F'\t' 'BEGIN { right["fit"] = "0"; right["unfit"] = right["unknown"] = "EMEDIUMTYPE"; right["malformed"] = "EINVAL" }
		$2 != right[$1]' answers)
	[ -z "$wrong" ] || fail "$wrong"
	(($(wc -l <answers) >= 60))
	# Every refusal says which attribute it is about.
	[ -z "$(awk -F'\t' '$2 == "EMEDIUMTYPE" && $4 !~ /^[A-Za-z0-9_.-]+: source .*, target /' answers)" ]
	[ -z "$(awk -F'\t' '$2 == "EINVAL" && $4 == ""' answers)" ]
}

@test "the command prints all mismatches with a device, and the kernel's word" {
	load_core ours
	load_parent parents=mig
	vdpa dev add name m0 mgmtdev "$MIG"
	described 'x u64 equal u64=5; y u64 at-least u64=7'
	source_of there '{"name":"x","type":"u64","rule":"equal","value":6}' '{"name":"y","type":"u64","rule":"at-least","value":8}'

	run -3 vdpa migration check source there dev m0

	assert_equal "${lines[0]}" 'm0: compatible false'
	assert_equal "${lines[1]}" '  attribute x rule equal source 6 target 5 reason is not the same'
	assert_equal "${lines[2]}" '  attribute y rule at-least source 8 target 7 reason is smaller at the target'
	assert_equal "${lines[3]}" '  kernel x: source 6, target 5 (equal)'
	run -3 vdpa -j migration check source there mgmtdev "$MIG"
	jq -e '.check.vdpatest_mig | .compatible == false and (.mismatches | map(.attribute)) == ["x", "y"]' <<<"$output"
}

@test "a check with what is not there, or without privileges, is refused" {
	sims
	vdpa dev add name n0 mgmtdev "$NET"
	description n0 there

	command_refuses 2 'n9.*VDPA_ATTR_DEV_NAME' migration check source there dev n9
	command_refuses 2 'm9.*VDPA_ATTR_MGMTDEV_DEV_NAME' migration check source there mgmtdev m9
	for words in 'check source there dev n0' 'find source there' "plan source there mgmtdev $NET name n1" ; do
		run -2 --separate-stderr setpriv --bounding-set=-all --inh-caps=-all "$VDPA_TOOL" migration $words
		assert_match "$stderr" 'not permitted'
	done
	setpriv --bounding-set=-all --inh-caps=-all "$VDPA_TOOL" dev migration show n0 >/dev/null
}

# Descriptions

@test "every device and management device is described, one by one and all together" {
	sims
	vdpa dev add name n0 mgmtdev "$NET" mac 02:00:00:00:00:01 max_vqp 2 mtu 1400
	vdpa dev add name b0 mgmtdev "$BLK"

	run -0 vdpa -j dev migration show
	jq -e '.dev | keys == ["b0", "n0"]' <<<"$output"
	for dev in n0 b0; do
		assert_equal "$(jq -cS ".dev.$dev" <<<"$output")" "$(vdpa -j dev migration show $dev | jq -cS ".dev.$dev")"
	done
	jq -e '.dev.n0 | .class == "net" and (.attributes | map({(.name): .value}) | add |
		.mac == "02:00:00:00:00:01" and .mtu == 1400 and .max_vqp == 2 and .max_vqs == 5 and .device_api == "virtio-net")' \
		<<<"$output"
	run -0 vdpa -j mgmtdev migration show
	jq -e ".mgmtdev | keys == [\"$BLK\", \"$NET\"]" <<<"$output"
	for mgmtdev in "$NET" "$BLK"; do
		assert_equal "$(jq -cS ".mgmtdev.$mgmtdev" <<<"$output")" \
			"$(vdpa -j mgmtdev migration show "$mgmtdev" | jq -cS ".mgmtdev.$mgmtdev")"
	done
}

@test "a management device of two classes has a description of each" {
	load_core ours
	load_parent parents=multi
	run -0 vdpa -j mgmtdev migration show vdpatest_multi
	jq -e '.mgmtdev.vdpatest_multi.classes | map(.class) | sort == ["block", "net"]' <<<"$output"
}

@test "a parent that knows nothing of migration is described, is compatible with itself alone, and says why it cannot be suspended" {
	load_core ours
	load_parent parents=net
	truncate -s 64M disk
	start_vduse_disk v0 "$PWD/disk"
	vdpa dev add name v0 mgmtdev vduse
	vdpa dev add name t0 mgmtdev vdpatest_net

	description v0 v0.json
	jq -e '.dev.v0 | .class == "block" and (.attributes | map({(.name): .value}) | add |
		.device_api == "virtio-blk" and .parent == "vduse" and .capacity == 131072)' v0.json
	jq -e '.dev.v0.attributes[] | select(.name == "software_version") | .type == "string" and .rule == "equal"' v0.json
	run -0 vdpa migration check source v0.json dev v0
	run -3 vdpa migration check source v0.json dev t0
	jq '(.dev.v0.attributes[] | select(.name == "software_version").value) = "another build"' v0.json >other.json
	run -3 vdpa -j migration check source other.json dev v0
	jq -e '.check.v0.mismatches | map(.attribute) == ["software_version"]' <<<"$output"
	command_refuses 2 'v0.*cannot be suspended: its parent does not know how' dev suspend v0
}

@test "a parent that knows nothing of migration is planned for: what it cannot tell is named, and checked when there is a device" {
	load_core ours
	load_parent parents=net
	vdpa dev add name t0 mgmtdev vdpatest_net mac 02:00:00:00:00:01 mtu 1500 max_vqp 2
	description t0 there

	run -0 --separate-stderr vdpa migration plan source there mgmtdev vdpatest_net name t1
	assert_match "$output" '^vdpa dev add name t1 mgmtdev vdpatest_net .*mac 02:00:00:00:00:01'
	command=$output
	assert_match "$stderr" 'vdpatest_net cannot tell .*vq_size, iova_range, vq_layout, capabilities.* before the device exists'
	run -0 --separate-stderr vdpa -j migration plan source there mgmtdev vdpatest_net name t1
	[ -z "$stderr" ]
	jq -e '.plan.t1 | .command[0:4] == ["vdpa", "dev", "add", "name"] and
		(.unknown | contains(["vq_size", "iova_range", "vq_layout", "capabilities"]))' <<<"$output"
	run -0 vdpa -j migration check source there mgmtdev vdpatest_net
	jq -e '.check.vdpatest_net | .compatible and .kernel == "compatible" and (.unknown | index("vq_size"))' <<<"$output"
	# A device is certain, and comes first.
	run -0 vdpa -j migration find source there
	jq -e '.find.t0.candidates | (map(.dev // .mgmtdev) == ["t0", "vdpatest_net"]) and (.[0] | has("unknown") | not) and
		(.[1].unknown | index("capabilities"))' <<<"$output"
	eval "$command"
	run -0 vdpa migration check source there dev t1
}

@test "what a description says can be judged offline on another host, as here" {
	sims
	vdpa dev add name n0 mgmtdev "$NET"
	vdpa dev add name n1 mgmtdev "$NET" max_vqp 3
	description n0 n0.json
	description n1 n1.json
	vdpa -j mgmtdev migration show "$NET" >net.json

	# The two differ in their addresses and in queue pairs.
	run -3 vdpa -j migration check source n0.json dev n1
	here=$(jq -c '.check.n1.mismatches' <<<"$output")
	run -3 vdpa -j migration check source n0.json target n1.json
	assert_equal "$(jq -c '.check.n1.mismatches' <<<"$output")" "$here"
	run -0 vdpa migration check source n0.json target net.json
	run -0 vdpa migration check source n0.json mgmtdev "$NET"
}

# Finding and planning

# found - what find lists as candidates, in order
found() { jq -r '.find.there.candidates[] | .dev // .mgmtdev' <<<"$output"; }

@test "a free device is found before one that would have to be created, a higher bugfix before a lower one" {
	sims
	load_parent parents=mig
	vdpa dev add name n0 mgmtdev "$NET"
	vdpa dev add name m0 mgmtdev "$MIG"
	source_of there "$VERSION"

	knob "$NET" version 2.0.7
	described 'software_version version version string=2.0.5'
	run -0 vdpa -j migration find source there
	assert_equal "$(found | paste -sd' ')" "n0 m0 $NET $MIG"

	described 'software_version version version string=2.0.11'
	run -0 vdpa -j migration find source there
	assert_equal "$(found | paste -sd' ')" "m0 n0 $MIG $NET"

	# Another minor number is a larger step than any bugfix.
	described 'software_version version version string=2.1.0'
	run -0 vdpa -j migration find source there
	assert_equal "$(found | paste -sd' ')" "n0 m0 $NET $MIG"

	run -0 vdpa migration find source there
	assert_equal "${lines[0]}" 'there:'
	assert_equal "${lines[1]}" '  dev n0 software_version 2.0.7'
}

@test "what is in use or does not match is not found, and why is told" {
	sims
	vdpa dev add name n0 mgmtdev "$NET"
	vdpa dev add name b0 mgmtdev "$BLK"
	drive n0 net count 1000000000
	source_of there "$VERSION"
	knob "$NET" version 2.0.7

	run -0 vdpa -j migration find source there

	assert_equal "$(found)" "$NET"
	jq -e '.find.there.others | map({(.dev // .mgmtdev): .unfit}) | add | .n0 == "it is in use" and
		(.b0 | test("^class")) and (.vdpasim_blk | test("^class"))' <<<"$output"
	knob "$NET" version 1.9.9
	run -3 vdpa -j migration find source there
	[ -z "$(found)" ]
	finish n0
}

@test "what a plan creates is compatible with the source" {
	sims
	vdpa dev add name n0 mgmtdev "$NET" mac 02:00:00:00:00:07 mtu 9000 max_vqp 3
	vdpa dev add name n1 mgmtdev "$NET" max_vqp 1 device_features 0x300000020
	vdpa dev add name b0 mgmtdev "$BLK"

	for case in "n0 $NET" "n1 $NET" "b0 $BLK"; do
		dev=${case% *}
		description "$dev" there
		run -0 --separate-stderr vdpa migration plan source there mgmtdev "${case#* }" name "$dev-new"
		assert_equal "${#lines[@]}" 1
		assert_match "$output" "^vdpa dev add name $dev-new mgmtdev ${case#* }"
		eval "$output"
		run -0 vdpa migration check source there dev "$dev-new"
	done
	assert_equal "$(vdpa -j dev config show n0-new | jq -c '.config["n0-new"] | [.mac, .mtu, .max_vq_pairs]')" \
		'["02:00:00:00:00:07",9000,3]'
}

@test "a plan is quoted for the shell, whatever the name" {
	sims
	vdpa dev add name n0 mgmtdev "$NET"
	description n0 there

	for name in "a b" "it's" '$(reboot)' '-j' '--' 'a"b\c' '*' ';x' 'größe'; do
		run -0 vdpa migration plan -- source there mgmtdev "$NET" name "$name"
		assert_equal "${#lines[@]}" 1
		eval "$output"
		vdpa -j dev show -- "$name" | jq -e --arg name "$name" '.dev[$name].type == "network"'
		vdpa dev del -- "$name"
	done
	run -0 vdpa -j migration plan source there mgmtdev "$NET" name 'a b'
	jq -e '.plan["a b"].command[0:7] == ["vdpa", "dev", "add", "name", "a b", "mgmtdev", "vdpasim_net"]' <<<"$output"
}

@test "there is no plan where the management device cannot create it: why is told, and nothing is printed to run" {
	sims
	vdpa dev add name n0 mgmtdev "$NET" mtu 9000
	description n0 there
	jq '(.dev.n0.attributes[] | select(.name == "mtu").value) = 9217' there >large

	run -3 --separate-stderr vdpa migration plan source large mgmtdev "$NET" name n1
	[ -z "$output" ]
	assert_match "$stderr" 'vdpasim_net: mtu \(equal\): .*source 9217'
	run -3 --separate-stderr vdpa migration plan source there mgmtdev "$BLK" name n1
	[ -z "$output" ]
	assert_match "$stderr" 'vdpasim_blk: class \(equal\)'
	# As data it is what check has.
	run -3 --separate-stderr vdpa -j migration plan source large mgmtdev "$NET" name n1
	[ -z "$stderr" ]
	planned=$(jq -c '.plan.n1.mismatches' <<<"$output")
	run -3 vdpa -j migration check source large mgmtdev "$NET"
	assert_equal "$planned" "$(jq -c ".check.$NET.mismatches" <<<"$output")"
	assert_equal "$(jq -c 'map([.attribute, .source])' <<<"$planned")" '[["mtu",9217]]'
}

@test "a management device that accepts older versions is found for them, one that does not is not" {
	sims
	source_of there "$VERSION"
	knob "$NET" version 3.0.0
	run -3 vdpa migration find source there
	knob "$NET" accepts 2.0.0-2.0.9
	run -0 vdpa -j migration find source there
	assert_equal "$(found)" "$NET"
}

# State

@test "the state of a device that is not suspended is refused, and no file appears" {
	sims
	vdpa dev add name b0 mgmtdev "$BLK"
	command_refuses 2 'b0 is not suspended.*VDPA_ATTR_DEV_NAME' dev state save b0 file state
	command_refuses 2 'n9.*VDPA_ATTR_DEV_NAME' dev state save n9 file state
	a_started_disk b1
	command_refuses 2 'b1 is not suspended' dev state save b1 file state
	[ -z "$(ls state* 2>/dev/null)" ]
}

@test "a suspended device's state is one document, for its owner's eyes, and tells where the virtqueues are" {
	sims
	a_started_disk b0
	vdpa dev suspend b0

	saved b0

	assert_equal "$(stat -c %a state)" 600
	assert_equal "$(wc -l <state)" 1
	jq -e '.vdpa_state | .version == 1 and .device == "b0" and .class == "block" and
		(.status | index("driver_ok")) and (.private | type == "string")' state
	assert_equal "$(jq -c '[.vdpa_state.virtqueues[] | select(.ready) | [.qidx, .avail_index]]' state)" \
		"$(vdpa -j dev vq show b0 | jq -c '[.vq.b0.queues[] | select(.ready) | [.qidx, .avail_index]]')"
	assert_equal "$(jq -c '.vdpa_state | {class, attributes}' state)" \
		"$(vdpa -j dev migration show b0 | jq -c .dev.b0)"
	# The same goes to standard output, and to a pipe.
	assert_equal "$(vdpa dev state save b0 | jq -cS .)" "$(jq -cS . state)"
	assert_equal "$(vdpa dev state save b0 file >(cat >piped); wait_until 10 test -s piped; jq -cS . piped)" "$(jq -cS . state)"
	# What has just been saved can be loaded again.
	vdpa dev state load b0 file state
	vdpa dev resume b0
	has_state b0 active
}

@test "a file that cannot be written is named, and the old one stays as it was" {
	sims
	a_started_disk b0
	vdpa dev suspend b0
	run -1 --separate-stderr vdpa dev state save b0 file none/state
	assert_match "$stderr" 'none/state: No such file'
	run -1 --separate-stderr vdpa dev state save b0 file /dev/full
	assert_match "$stderr" '/dev/full: No space'
	run -1 --separate-stderr bash -c "'$VDPA_TOOL' dev state save b0 >/dev/full"
	assert_match "$stderr" 'standard output: No space'
	echo old >state
	run -2 vdpa dev state save b0 b9 file state
	assert_equal "$(<state)" old
	vdpa dev resume b0
}

# beside FILE - what is in its directory
beside() { ls -A "$(dirname "$1")"; }

# killed_at CALL DIR - a save into DIR/state is killed when it makes that system call; waits for who clears up after it.
killed_at() {
	run strace -f -o /dev/null -e "inject=$1:signal=SIGKILL" "$VDPA_TOOL" dev state save b0 file "$2/state"
	[ "$status" -eq 137 ] || fail "status $status: $1 did not happen" "$output"
}

@test "a save that is killed leaves nothing behind, the old file or the new one" {
	local dir call new

	sims
	a_started_disk b0
	vdpa dev suspend b0
	saved b0
	# A file system that has files without a name, and one that has not.
	for dir in "$BATS_TEST_TMPDIR/tmpfs" "$VDPA_OUT/9p"; do
		mkdir "$dir"
		for call in fsync linkat; do
			[[ $dir != *9p || $call = fsync ]] || continue
			killed_at "$call" "$dir"
			[ -z "$(beside "$dir/state")" ] || fail "$dir, $call: $(beside "$dir/state")"
		done
		for call in write fsync rename; do
			echo old >"$dir/state"
			killed_at "$call" "$dir"
			assert_equal "$(beside "$dir/state")" state
			# The call is made before its signal kills.
			new=$(<"$dir/state")
			[[ $new = old || ($call = rename && $new = "$(<state)") ]] || fail "$dir, $call: $new"
		done
		vdpa dev state save b0 file "$dir/state"
		cmp state "$dir/state"
		assert_equal "$(beside "$dir/state") $(stat -c %a "$dir/state")" 'state 600'
		rm -r "$dir"
	done
	vdpa dev resume b0
}

@test "a save ends when the file and its name are on the disk" {
	sims
	a_started_disk b0
	vdpa dev suspend b0
	mkdir sub
	for round in new old; do
		strace -f -y -o calls -e trace=fsync,linkat,rename "$VDPA_TOOL" dev state save b0 file sub/state
		run -0 grep -nE 'linkat\(.*state|fsync\(' calls
		assert_match "${lines[0]}" 'fsync\([0-9]+</'
		assert_match "${lines[${#lines[@]} - 1]}" "fsync\([0-9]+<$PWD/sub>\) += 0"
	done
	# A directory that may not be read: then all of the file system is.
	chmod 300 sub
	setpriv --bounding-set=-dac_override,-dac_read_search strace -f -o calls -e trace=syncfs \
		"$VDPA_TOOL" dev state save b0 file sub/state
	grep -q 'syncfs(.*= 0' calls
	assert_equal "$(beside sub/state)" state
	vdpa dev resume b0
}

@test "several devices are saved and loaded in one call, in the order in which they are named" {
	sims
	for i in 1 2 3 4; do a_started_disk "b$i"; done
	vdpa dev suspend b1 b2 b3 b4

	saved b3 b1 b4 b2

	assert_equal "$(jq -r .vdpa_state.device state | paste -sd' ')" 'b3 b1 b4 b2'
	vdpa dev state load b3 b1 b4 b2 file state
	# Fewer or more states than devices: nothing is loaded.
	run -1 vdpa dev state load b1 b2 b3 file state
	run -1 vdpa dev state load b1 b2 b3 b4 b5 file state
	vdpa dev resume b1 b2 b3 b4
}

@test "what is on a disk of its own travels with it, in as many pieces as it needs" {
	sims
	a_started_disk b0 200
	a_started_disk b1
	vdpa dev suspend b0 b1
	saved b0
	[ "$(jq -r .vdpa_state.private state | base64 -d | wc -c)" -gt 131072 ]

	vdpa dev state load b1 file state

	assert_equal "$(vdpa dev state save b1 | jq -r .vdpa_state.private | base64 -d | tail -c 131072 | sha256sum)" \
		"$(jq -r .vdpa_state.private state | base64 -d | tail -c 131072 | sha256sum)"
	vdpa dev resume b0 b1
}

@test "several devices are saved at once, not one after the other" {
	sims
	for i in 1 2 3 4; do a_started_disk "b$i"; done
	vdpa dev suspend b1 b2 b3 b4
	knob "$BLK" save_delay_ms 3000

	began=$(now_ms)
	saved b1 b2 b3 b4
	took=$(($(now_ms) - began))

	((took >= 3000)) || fail "took $took ms, although each takes three seconds"
	((took < 12000)) || fail "took $took ms, as much as one after the other"
	vdpa dev resume b1 b2 b3 b4
}

@test "a state that does not match is refused with the reason, and the device stays as it was" {
	sims
	a_started_disk b0
	a_started_disk b1
	vdpa dev suspend b0 b1
	saved b0
	before=$(vdpa -j dev vq show b1)

	jq -c '(.vdpa_state.attributes[] | select(.name == "parent").value) = "mlx5_vdpa"' state >other
	run -2 --separate-stderr vdpa dev state load b1 file other
	assert_match "$stderr" 'parent: source mlx5_vdpa, target vdpa_sim_blk'
	jq -c '(.vdpa_state.attributes[] | select(.name == "software_version").value) = "7.0.0"' state >other
	run -2 --separate-stderr vdpa -j dev state load b1 file other
	jq -e '.error.errno == "EMEDIUMTYPE"' <<<"$stderr"
	jq -c '.vdpa_state.features = "0x1"' state >other
	run -2 vdpa dev state load b1 file other
	jq -c '.vdpa_state.virtqueues[0].qidx = 999' state >other
	run -2 vdpa dev state load b1 file other
	jq -c '.vdpa_state.private = "AAAAAAAA"' state >other
	run -2 vdpa dev state load b1 file other

	assert_equal "$(vdpa -j dev vq show b1)" "$before"
	has_state b1 suspended
	vdpa dev resume b0 b1
}

@test "of several devices none is loaded if one does not match" {
	sims
	a_started_disk b0
	a_started_disk b1
	vdpa dev suspend b0 b1
	saved b0 b1
	jq -c 'if .vdpa_state.device == "b0" then .vdpa_state.virtqueues[0].avail_index = 3 else
		(.vdpa_state.attributes[] | select(.name == "parent").value) = "mlx5_vdpa" end' state >other
	before=$(vdpa -j dev vq show b0)

	run -2 --separate-stderr vdpa dev state load b0 b1 file other

	assert_match "$stderr" 'b1: parent: source mlx5_vdpa'
	assert_equal "$(vdpa -j dev vq show b0)" "$before"
	vdpa dev resume b0 b1
}

@test "the state of an active device is not loaded" {
	sims
	a_started_disk b0
	vdpa dev suspend b0
	saved b0
	vdpa dev resume b0
	command_refuses 2 'b0' dev state load b0 file "$PWD/state"
	has_state b0 active
}

@test "a kernel without migration is told from one that refuses" {
	load_core distro
	source_of there "$VERSION"
	for words in 'dev migration show' 'mgmtdev migration show' 'migration check source there dev n0' \
		'migration find source there' 'migration plan source there mgmtdev m0 name n0' 'dev state save n0'; do
		run -2 --separate-stderr vdpa $words
		assert_match "$stderr" "^vdpa: this kernel's vdpa core has no .* command \(needs the vdpa.ko that comes with this command\)$"
	done
	vdpa migration check source there target there
}
