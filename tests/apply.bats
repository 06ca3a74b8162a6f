#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# time limit: 900
# vdpa apply, vdpa save: devices that come back, by files.

load lib/common
load lib/devices

setup() {
	common_setup
	load_core ours
	load_parent
	load_bus_drivers vhost_vdpa
	DIR=$BATS_TEST_TMPDIR/wanted
	mkdir "$DIR"
	cd "$DIR"
}

# wants FILE NAME=OBJECT… - FILE says that there should be these devices, a line each: the first is on line 2
wants() {
	local file=$1 device comma=''
	shift

	printf '{"dev": {' >"$file"
	for device; do
		printf '%s\n"%s": %s' "$comma" "${device%%=*}" "${device#*=}" >>"$file"
		comma=,
	done
	printf '\n}}\n' >>"$file"
}

# a device of MGMTDEV with these members
of() { echo "{\"mgmtdev\": \"$1\"${2:+, $2}}"; }

# as_wanted FILE… - nothing is left to be done
as_wanted() {
	run -0 --separate-stderr "$VDPA_TOOL" apply "$@"
	[ -z "$output$stderr" ] || fail "not as it is wanted:" "$output" "$stderr"
}

# order - the devices in the order in which they came to be
order() { nl_raw --dump dev-get | sed -n 's/^DEV_NAME=//p'; }

@test "what files want is created, in their order, and then nothing is left to be done" {
	wants b.json "n1=$(of "$NET" '"mac": "52:54:00:00:00:01", "mtu": 1400, "max_vqp": 2, "driver": "none"')" "b1=$(of "$BLK")"
	wants a.json "n2=$(of "$NET" '"device_features": "MAC,VERSION_1"')" "x=$(of "$ON_BUS")"

	run -0 --separate-stderr "$VDPA_TOOL" apply .
	assert_equal "$(sort <<<"$output")" "$(sort <<-EOT
		n2: create mgmtdev $NET device_features 0x100000020
		x: create mgmtdev $ON_BUS
		n1: create mgmtdev $NET mac 52:54:00:00:00:01 mtu 1400 max_vqp 2 driver none
		b1: create mgmtdev $BLK
	EOT
	)"
	[ -z "$stderr" ]

	[ "$(field dev-config-get n1 DEV_NET_CFG_MACADDR)" = 52:54:00:00:00:01 ]
	[ "$(field dev-config-get n1 DEV_NET_CFG_MTU)" = 1400 ]
	[ "$(field dev-get n1 DEV_DRIVER_OVERRIDE)" = none ]
	as_wanted .
	as_wanted a.json b.json
	as_wanted - <b.json

	wants c.json c{1..9}="$(of "$NET")"
	"$VDPA_TOOL" apply c.json
	assert_equal "$(order | grep c)" "$(printf 'c%d\n' {1..9})"
}

@test "what dev show and dev add print is such a file" {
	"$VDPA_TOOL" -j dev add name n0 mgmtdev "$NET" mac 52:54:00:00:00:01 max_vqp 3 driver none >n0.json
	"$VDPA_TOOL" dev add name n1 mgmtdev "$NET" device_features 0x100000020
	"$VDPA_TOOL" -j dev show n1 >n1.json
	"$VDPA_TOOL" dev add name n2 mgmtdev "$ON_BUS"
	"$VDPA_TOOL" -jp dev show n2 >n2.json
	before=$("$VDPA_TOOL" -j dev show | jq -S '.dev | map_values({mgmtdev, driver, driver_override, mtu: .created_with.mtu,
		device_features: .created_with.device_features, max_vqp: .created_with.max_vqp})')
	for name in n0 n1 n2; do "$VDPA_TOOL" dev del "$name"; done

	run -0 "$VDPA_TOOL" -j apply .
	jq -e '.apply | keys == ["n0", "n1", "n2"] and .n0.action == "create" and .n0.max_vqp == 3' <<<"$output"

	assert_equal "$("$VDPA_TOOL" -j dev show | jq -S '.dev | map_values({mgmtdev, driver, driver_override, mtu: .created_with.mtu,
		device_features: .created_with.device_features, max_vqp: .created_with.max_vqp})' |
		sed 's/"vhost_vdpa"/x/; s/: null/: x/')" "$(sed 's/"vhost_vdpa"/x/; s/: null/: x/' <<<"$before")"
	as_wanted .
}

@test "what is saved comes back: the MAC address that a device has now, its MTU, its driver" {
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET" mac 52:54:00:00:00:01 mtu 1400 max_vqp 2 driver none
	"$VDPA_TOOL" dev set n0 mac 52:54:00:00:00:99
	"$VDPA_TOOL" dev add name n1 mgmtdev "$NET" device_features -MQ driver vhost_vdpa
	"$VDPA_TOOL" dev add name b0 mgmtdev "$BLK"

	"$VDPA_TOOL" save file all.json
	"$VDPA_TOOL" save n0 >one.json
	jq -e '.dev.n0 == {mgmtdev: "vdpatest_net", mac: "52:54:00:00:00:99", mtu: 1400, max_vqp: 2, driver: "none"}' one.json
	assert_equal "$(jq .dev.n0 all.json)" "$(jq .dev.n0 one.json)"
	assert_equal "$(stat -c %a all.json)" 600
	as_wanted all.json

	mkdir empty
	assert_equal "$("$VDPA_TOOL" apply --prune empty | sort)" $'b0: delete\nn0: delete\nn1: delete'
	"$VDPA_TOOL" apply all.json
	[ "$(field dev-config-get n0 DEV_NET_CFG_MACADDR)" = 52:54:00:00:00:99 ]
	has_driver n1 vhost_vdpa
	assert_equal "$("$VDPA_TOOL" save)" "$(<all.json)"
	run -2 "$VDPA_TOOL" save n0 n9
	assert_equal "$output" 'vdpa: n9: no device named n9 (VDPA_ATTR_DEV_NAME)'
}

@test "a device that is there with other parameters is told by file and line, and left as it is" {
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET" max_vqp 2 driver none
	"$VDPA_TOOL" dev add name n1 mgmtdev "$NET" device_features 0x100000020
	"$VDPA_TOOL" dev add name n2 mgmtdev "$BLK"
	wants a.json "n0=$(of "$NET" '"max_vqp": 3, "mac": "52:54:00:00:00:07", "driver": "vhost_vdpa"')" \
		"n1=$(of "$NET" '"device_features": "0x100000000"')" "n2=$(of "$ODD")" "n3=$(of "$NET")"

	run -2 --separate-stderr "$VDPA_TOOL" apply "$DIR"
	assert_equal "$output" "n3: create mgmtdev $NET"
	assert_equal "$(sort <<<"$stderr")" "vdpa: $DIR/a.json:2: n0: exists, but differs: max_vqp is 2, not 3
vdpa: $DIR/a.json:3: n1: exists, but differs: device_features is 0x100000020, not 0x100000000
vdpa: $DIR/a.json:4: n2: exists, but differs: mgmtdev is $BLK, not $ODD"
	[ "$(field dev-config-get n0 DEV_NET_CFG_MACADDR)" != 52:54:00:00:00:07 ]
	[ -z "$(driver_of n0)" ]
	run -2 --separate-stderr "$VDPA_TOOL" -j apply a.json
	jq -es 'map(.error | {errno, dev, path}) | sort_by(.dev)[0] == {errno: "EEXIST", dev: "n0", path: "a.json:2"}' <<<"$stderr"
}

@test "MAC address and driver of a device that nobody uses are set, those of one in use are told and left" {
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET" mac 52:54:00:00:00:01 driver none
	"$VDPA_TOOL" dev add name n1 mgmtdev "$NET" mac 52:54:00:00:00:02
	hold n1 --status 15
	wants a.json "n0=$(of "$NET" '"mac": "52:54:00:00:00:11", "driver": "vhost_vdpa"')" \
		"n1=$(of "$NET" '"mac": "52:54:00:00:00:12"')"

	run -2 --separate-stderr "$VDPA_TOOL" apply a.json
	assert_equal "$output" 'n0: change mac 52:54:00:00:00:11 driver vhost_vdpa'
	assert_equal "$stderr" 'vdpa: a.json:3: n1: differs and is in use: mac is 52:54:00:00:00:02, not 52:54:00:00:00:12'
	[ "$(field dev-config-get n0 DEV_NET_CFG_MACADDR)" = 52:54:00:00:00:11 ]
	has_driver n0 vhost_vdpa
	[ "$(field dev-config-get n1 DEV_NET_CFG_MACADDR)" = 52:54:00:00:00:02 ]

	wants a.json "n1=$(of "$NET" '"driver": "none"')"
	run -2 "$VDPA_TOOL" apply a.json
	assert_match "$output" '^vdpa: a.json:2: n1: .*in use'
	alive "$HOLDER"
	has_driver n1 vhost_vdpa
}

@test "what is wrong with one device or file keeps nothing else from being done" {
	wants a.json "n0=$(of nobody)" "n1=$(of "$NET" '"colour": "red"')" "n2=$(of "$NET" '"driver": "nobody"')" \
		"n3=$(of "$NET" '"max_vqp": 500')" "n4=$(of "$NET" '"device_features": "MRG_RXBUF"')" "n5=$(of "$NET")"
	wants b.json "n6=$(of "$NET")" 'n7=5' "n8=$(of "$NET")"
	wants c.json "n5=$(of "$NET" '"max_vqp": 3')" "n9=$(of "$NET")"
	wants d.json "n10=$(of "$NET")"
	chmod 664 d.json

	run -2 --separate-stderr "$VDPA_TOOL" apply .
	assert_equal "$(sort <<<"$output")" "n5: create mgmtdev $NET
n6: create mgmtdev $NET
n9: create mgmtdev $NET"
	assert_equal "$(sort -V <<<"$stderr")" "vdpa: ./a.json:2: n0: no management device named nobody (VDPA_ATTR_MGMTDEV_DEV_NAME)
vdpa: ./a.json:3: n1: unknown key \"colour\", expected: mgmtdev, device_features, mac, mtu, max_vqp, driver, or another one of \"vdpa dev show\"
vdpa: ./a.json:4: n2: no vdpa bus driver named nobody is loaded (VDPA_ATTR_DEV_DRIVER)
vdpa: ./a.json:5: n3: $NET has 9 virtqueues, not the 1000 needed (VDPA_ATTR_DEV_NET_CFG_MAX_VQP)
vdpa: ./a.json:6: n4: management device $NET does not offer the feature MRG_RXBUF; \"vdpa mgmtdev show $NET\" tells which it does (VDPA_ATTR_DEV_FEATURES)
vdpa: ./b.json:3: a device has to be an object
vdpa: ./c.json:2: n5: is named twice, the first time in ./a.json:7, which counts
vdpa: ./d.json: can be written to by others than its owner"
	assert_equal "$(devices)" $'n5\nn6\nn9'
}

@test "a dry run says what would be done, and does nothing" {
	"$VDPA_TOOL" dev add name n0 mgmtdev "$NET" mac 52:54:00:00:00:01 driver none
	"$VDPA_TOOL" dev add name n1 mgmtdev "$NET" max_vqp 1
	"$VDPA_TOOL" dev add name n2 mgmtdev "$NET"
	wants a.json "n0=$(of "$NET" '"driver": "vhost_vdpa", "mac": "52:54:00:00:00:02"')" "n1=$(of "$NET" '"max_vqp": 2')" \
		"n3=$(of "$NET" '"device_features": "all"')" "n4=$(of nobody)"

	for option in -n --dry-run; do
		unchanged nl_raw --around "$VDPA_TOOL" "$option" -prune apply a.json
		[ "$status" -eq 2 ]
		assert_equal "$output" "n0: change mac 52:54:00:00:00:02 driver vhost_vdpa
n3: create mgmtdev $NET device_features $NET_FEATURES
n2: delete"
		assert_equal "$stderr" "vdpa: a.json:3: n1: exists, but differs: max_vqp is 1, not 2
vdpa: a.json:5: n4: no management device named nobody (VDPA_ATTR_MGMTDEV_DEV_NAME)"
	done

	run -2 --separate-stderr "$VDPA_TOOL" -prune apply a.json
	assert_equal "$(sort <<<"$output")" "n0: change mac 52:54:00:00:00:02 driver vhost_vdpa
n2: delete
n3: create mgmtdev $NET device_features $NET_FEATURES"
}

@test "what no file names is deleted when asked, but not what somebody has open, and nobody is waited for" {
	wants a.json "n0=$(of "$NET")"
	add_all "$NET" n{1..9}
	hold n5 --status 15

	as_wanted_but_for_n0=$("$VDPA_TOOL" apply a.json)
	assert_equal "$as_wanted_but_for_n0" "n0: create mgmtdev $NET"
	calibrate
	in_time bash -c '"$VDPA_TOOL" apply -prune a.json >out 2>err; [ $? = 2 ]'
	assert_equal "$(sort out)" "$(printf 'n%d: delete\n' 1 2 3 4 6 7 8 9)"
	assert_match "$(<err)" '^vdpa: n5: device n5 is in use'
	assert_equal "$(devices)" $'n0\nn5'
	alive "$HOLDER"

	release
	assert_equal "$("$VDPA_TOOL" apply -prune a.json)" 'n5: delete'
	as_wanted -prune a.json
}

@test "where a file cannot be read, nothing is deleted" {
	wants a.json "n0=$(of "$NET")"
	add_all "$NET" n1
	printf '{"dev": {"n1": {' >b.json

	run -1 --separate-stderr "$VDPA_TOOL" apply -prune .
	assert_equal "$output" "n0: create mgmtdev $NET"
	assert_equal "$stderr" 'vdpa: ./b.json:1: no JSON: the file ends within a device
vdpa: nothing is deleted, because a file could not be read to its end'
	run -1 "$VDPA_TOOL" apply -prune nothing
	exists n1

	# What is there, but wrong, is named all the same.
	wants b.json 'n1={"mgmtdev": 3}'
	run -1 "$VDPA_TOOL" apply -prune .
	exists n1
}

@test "two clients at the same moment both succeed, and each device is created once" {
	wants a.json n{1..60}="$(of "$NET" '"max_vqp": 2')"
	knob "$NET" add_delay_ms 5

	start "$VDPA_TOOL" apply a.json
	FIRST=$PID FIRST_OUT=$OUT
	start "$VDPA_TOOL" apply a.json
	wait "$FIRST" || fail "$(<"$FIRST_OUT")"
	wait "$PID" || fail "$(<"$OUT")"

	assert_equal "$(sort "$FIRST_OUT" "$OUT")" "$(printf "n%d: create mgmtdev $NET max_vqp 2\n" {1..60} | sort)"
	as_wanted a.json
}

@test "a device that another client is just creating is compared with when it is there" {
	wants a.json "n0=$(of "$NET" '"max_vqp": 2')" "n1=$(of "$NET" '"max_vqp": 2')"
	knob "$NET" stuck_add 1
	start "$VDPA_TOOL" dev add name n0 mgmtdev "$NET" max_vqp 3
	wait_until 10 held_up "$NET"

	start "$VDPA_TOOL" apply a.json
	wait_until 10 waits "$PID"
	knob "$NET" stuck_add 0

	ends_with 2 "$PID"
	assert_match "$(<"$OUT")" 'a.json:2: n0: exists, but differs: max_vqp is 3, not 2'
	[ "$(field dev-config-get n1 DEV_NET_CFG_MAX_VQP)" = 2 ]
}

@test "what a client that is killed in the middle has left, the next one does" {
	wants a.json n{1..40}="$(of "$NET")"
	knob "$NET" add_delay_ms 50
	start "$VDPA_TOOL" apply a.json
	wait_until 20 exists n3

	finish_off "$PID"
	knob "$NET" add_delay_ms 0
	"$VDPA_TOOL" apply a.json

	assert_equal "$(devices | sort -V)" "$(printf 'n%d\n' {1..40})"
	as_wanted a.json
}

@test "a parent that fails is told for each device, and what it had no part in is done" {
	wants a.json "n0=$(of "$NET")" "b0=$(of "$BLK")" "n1=$(of "$NET")"
	knob "$NET" add_errno 5

	run -2 --separate-stderr "$VDPA_TOOL" apply a.json
	assert_equal "$output" "b0: create mgmtdev $BLK"
	assert_match "$stderr" $'^vdpa: a.json:2: n0: [^\n]+\nvdpa: a.json:4: n1: [^\n]+$'

	knob "$NET" add_errno 0
	assert_equal "$("$VDPA_TOOL" apply a.json)" "n0: create mgmtdev $NET
n1: create mgmtdev $NET"
}

@test "a parent that hangs holds up its own devices alone" {
	wants a.json "n0=$(of "$NET")" b{0..9}="$(of "$BLK")"
	knob "$NET" stuck_add 1

	start "$VDPA_TOOL" apply a.json
	wait_until 10 exists b9
	gone n0
	knob "$NET" stuck_add 0
	wait "$PID"
	exists n0
}

@test "a file that is replaced meanwhile counts as it was when it was opened" {
	# More than is under way at once, and than is read at once
	wants a.json n{1..80}="$(of "$NET" "\"type\": \"$(printf '%04000d' 0)\"")"
	wants later x="$(of "$NET")"
	(($(stat -c %s a.json) > 300000))
	knob "$NET" stuck_add 1
	start "$VDPA_TOOL" apply a.json
	wait_until 10 held_up "$NET"

	mv later a.json
	knob "$NET" stuck_add 0
	wait "$PID"

	exists n80
	gone x
}

# Watching

# watch OPTION… - apply -watch, which has done its first pass and waits; its process is $WATCH, what it says is in $SAID
watch() {
	start "$VDPA_TOOL" apply -watch "$@"
	WATCH=$PID SAID=$OUT
	wait_until 20 listens "$WATCH"
}
# In poll, not in the middle of a pass
listens() { waits "$1" && [[ $(<"/proc/$1/wchan") = *poll* ]]; }
said() { grep -q "$1" "$SAID"; }

@test "a management device that comes has its devices created, and those alone: what was deleted stays so until SIGHUP" {
	wants a.json "n0=$(of "$NET")" "n1=$(of nobody)"
	watch a.json
	exists n0
	said 'a.json:3: n1: no management device named nobody'

	"$VDPA_TOOL" dev del n0
	unload_parent_and_back
	# Its own devices went and came with it.
	wait_until 20 exists n0
	"$VDPA_TOOL" dev del n0
	"$VDPA_TOOL" dev add name k mgmtdev "$BLK" >/dev/null
	gone n0

	kill -HUP "$WATCH"
	wait_until 20 exists n0
	exists k

	kill -TERM "$WATCH"
	ends_with 0 "$WATCH"
}
unload_parent_and_back() {
	rmmod vdpa_test_parent
	load_parent
}

@test "what the file says when a management device comes counts" {
	wants a.json "n0=$(of "$NET")"
	watch -prune a.json
	add_all "$NET" k0
	wants a.json "n1=$(of "$NET")"

	kill -HUP "$WATCH"
	wait_until 20 exists n1
	wait_until 20 gone k0
	gone n0

	wants a.json "n2=$(of "$NET")"
	unload_parent_and_back
	wait_until 20 exists n2
	gone n1
	kill -INT "$WATCH"
	ends_with 0 "$WATCH"
}

@test "a watch ends by a signal also while a parent hangs" {
	wants a.json "n0=$(of "$NET")"
	knob "$NET" stuck_add 1
	start "$VDPA_TOOL" apply -watch a.json
	wait_until 10 held_up "$NET"

	kill -TERM "$PID"
	ends_with 0 "$PID"
}

@test "a watch ends when the core goes, and says so" {
	wants a.json "n0=$(of nobody)"
	watch a.json

	rmmod vdpa_test_parent vhost_vdpa vdpa
	ends_with 2 "$WATCH"
	said 'the vdpa kernel module was unloaded'
}
