#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The hook for libvirt, called as libvirt calls it: with its arguments, and the domain's XML on standard input. No libvirt
# runs; this machine is both hosts, one after the other.

load lib/common
load lib/sim

HOOK=$VDPA_TOP/contrib/libvirt/vdpa
UUID=3e11b6a0-9f2e-4a3c-8a57-0c2b6d1f7e55
MAC=02:00:00:00:00:01
# What the hook calls the device that it creates for it
TARGET=vm-020000000001

setup() {
	common_setup
	load_sim ours net blk
	load_bus_drivers vhost_vdpa
	mkdir "$BATS_TEST_TMPDIR/bin"
	ln -s "$VDPA_TOOL" "$BATS_TEST_TMPDIR/bin/vdpa"
	PATH=$BATS_TEST_TMPDIR/bin:$PATH
	export VDPA_DESCRIPTIONS=$BATS_TEST_TMPDIR/descriptions VDPA_RECORDS=$BATS_TEST_TMPDIR/records
	export VDPA_MGMTDEVS=$BATS_TEST_TMPDIR/mgmtdevs
}

# interface MAC NODE
interface() {
	printf "    <interface type='vdpa'>\n      <mac address='%s'/>\n      <source dev='%s'/>\n" "$1" "$2"
	printf "      <model type='virtio'/>\n    </interface>\n"
}

# domain NAME [INTERFACE…] - as libvirt writes it, as far as it matters; NAME as XML has it
domain() {
	printf "<domain type='kvm'>\n  <name>%s</name>\n  <uuid>%s</uuid>\n  <devices>\n" "$1" "$UUID"
	printf "    <interface type='network'>\n      <mac address='52:54:00:00:00:01'/>\n    </interface>\n"
	shift
	(($# == 0)) || printf '%s\n' "$@"
	printf '  </devices>\n</domain>\n'
}

# source_device NAME MAC - a device of the source host
source_device() { vdpa dev add name "$1" mgmtdev "$NET" mac "$2" max_vqp 2 mtu 1400; }

# guest_has MAC:DEV… - the guest "web", with these devices
guest_has() {
	local pair interfaces=()

	for pair; do
		interfaces+=("$(interface "${pair%:*}" "$(vhost_of "${pair##*:}")")")
	done
	domain web "${interfaces[@]}" >"$BATS_TEST_TMPDIR/xml"
}

# hook OPERATION SUB-OPERATION [GUEST] - with the XML in the file "xml"; as bats' run does it
hook() { run --separate-stderr "$HOOK" "${3-web}" "$1" "$2" - <"$BATS_TEST_TMPDIR/xml"; }

# start_hook - the same in the background, for "migrate begin"
start_hook() { start bash -c 'exec "$0" web migrate begin - <"$1"' "$HOOK" "$BATS_TEST_TMPDIR/xml"; }

# A worker is in an operation of the parent, held up by a knob.
in_parent() { grep -qs vdpasim_fault /proc/[0-9]*/stack; }

works() { [ "$status" -eq 0 ] || fail "status $status: $stderr"; }

# refused PATTERN - the hook says so, prints no XML, and has left nothing behind.
refused() {
	[ "$status" -eq 1 ] || fail "status $status instead of 1: $output" "$stderr"
	[ -z "$output" ] || fail "refused, yet it prints: $output"
	assert_match "$stderr" "guest [^:]*: .*$1"
	gone "$TARGET"
	[ ! -e "$VDPA_RECORDS/$UUID" ]
}

description() { echo "$VDPA_DESCRIPTIONS/$UUID/$MAC.json"; }

# source_of MAC - the device that the XML in $output gives that interface
source_of() { xmlstarlet sel -t -v "//interface[mac/@address='$1']/source/@dev" <<<"$output"; }

# other_host NAME… - from now on this is the target host: these devices are not there, and others have their places.
other_host() {
	local name

	for name; do
		vdpa dev del "$name"
		vdpa dev add name "other-$name" mgmtdev "$NET"
	done
}

# A guest with a device that is described, on its way to this host
described_guest() {
	source_device n0 "$MAC"
	guest_has "$MAC:n0"
	hook describe begin
	works
	other_host n0
}

@test "where the target fits, a device is created as the source's was, and the XML names it" {
	described_guest
	hook migrate begin
	works

	[ "$(source_of "$MAC")" = "$(vhost_of "$TARGET")" ]
	[ "$(vhost_of "$TARGET")" != "$(vhost_of other-n0)" ]
	assert_equal "$(xmlstarlet c14n - <<<"${output//$(vhost_of "$TARGET")/$(vhost_of other-n0)}")" \
		"$(xmlstarlet c14n "$BATS_TEST_TMPDIR/xml")"
	config=$(vdpa -j dev config show "$TARGET" | jq -c ".config[] | [.mac, .mtu, .max_vq_pairs]")
	assert_equal "$config" "[\"$MAC\",1400,2]"
}

@test "when the guest is released its device is deleted, and no other" {
	described_guest
	hook migrate begin
	works

	hook release end
	works
	gone "$TARGET"
	added other-n0
	[ ! -e "$VDPA_RECORDS/$UUID" ]
	hook release end
	works
	added other-n0
}

@test "a free device that has the guest's address is used where it fits, and stays" {
	described_guest
	vdpa dev add name mine mgmtdev "$NET" mac "$MAC" max_vqp 2 mtu 1400
	hook migrate begin
	works
	[ "$(source_of "$MAC")" = "$(vhost_of mine)" ]
	gone "$TARGET"

	hook release end
	works
	added mine
	[ ! -e "$VDPA_RECORDS/$UUID" ]
}

@test "a description is used once" {
	described_guest
	hook migrate begin
	works
	hook release end
	works

	hook migrate begin
	refused "there is no description of its device $MAC"
}

@test "without a description the migration does not begin" {
	source_device n0 "$MAC"
	guest_has "$MAC:n0"
	hook migrate begin
	refused "there is no description of its device $MAC .*$UUID/$MAC.json"
}

@test "where no management device fits, the reason is told" {
	described_guest
	knob "$NET" version 2.0.0
	hook migrate begin
	refused "nothing here .* takes its device $MAC: .*vdpasim_net: software_version"
	[ -e "$(description)" ]
}

@test "only management devices that the administrator has listed are used" {
	described_guest
	echo vdpasim_blk >"$VDPA_MGMTDEVS"
	hook migrate begin
	refused "nothing here that may be used takes its device $MAC"

	echo "$NET" >>"$VDPA_MGMTDEVS"
	hook migrate begin
	works
	added "$TARGET"
}

@test "where the name is taken the migration does not begin, and whose it is stays" {
	described_guest
	vdpa dev add name "$TARGET" mgmtdev "$BLK"
	hook migrate begin

	[ "$status" -eq 1 ]
	assert_match "$stderr" "the name $TARGET is taken"
	assert_match "$stderr" "none of these has created a device for $MAC: $NET"
	[ "$(vdpa -j dev show "$TARGET" | jq -r '.dev[].mgmtdev')" = "$BLK" ]
	[ ! -e "$VDPA_RECORDS/$UUID" ]
}

@test "of two migrations of one guest at once the second is refused, and the first goes on" {
	described_guest
	knob "$NET" add_delay_ms 60000
	start_hook
	first=$PID said=$OUT
	wait_until 20 in_parent
	hook migrate begin
	[ "$status" -eq 1 ]
	[ -z "$output" ]
	assert_match "$stderr" 'guest web: another migration of it has been prepared here'

	knob "$NET" add_delay_ms 0
	wait "$first" || fail "the first: $(<"$said")"
	added "$TARGET"
	grep -q "<source dev=\"$(vhost_of "$TARGET")\"/>" "$said"
	hook migrate begin
	[ "$status" -eq 1 ]
	assert_match "$stderr" "delete its devices \($TARGET\) and $VDPA_RECORDS/$UUID"
	added "$TARGET"
}

@test "of several devices all are created or none" {
	source_device n0 "$MAC"
	source_device n1 02:00:00:00:00:02
	guest_has "$MAC:n0" "02:00:00:00:00:02:n1"
	hook describe begin
	works
	other_host n0 n1
	mv "$VDPA_DESCRIPTIONS/$UUID/02:00:00:00:00:02.json" "$BATS_TEST_TMPDIR/kept"
	hook migrate begin
	refused 'no description of its device 02:00:00:00:00:02'
	[ -e "$(description)" ]

	mv "$BATS_TEST_TMPDIR/kept" "$VDPA_DESCRIPTIONS/$UUID/02:00:00:00:00:02.json"
	hook migrate begin
	works
	[ "$(source_of "$MAC")" = "$(vhost_of "$TARGET")" ]
	[ "$(source_of 02:00:00:00:00:02)" = "$(vhost_of vm-020000000002)" ]
}

@test "a device that no monitor could use is not left behind" {
	described_guest
	rmmod vhost_vdpa
	hook migrate begin
	refused "$TARGET has no character device"
}

@test "a hook that is ended while it works leaves nothing behind" {
	described_guest
	knob "$NET" add_delay_ms 60000
	start_hook
	wait_until 20 in_parent
	kill -TERM "$PID"
	knob "$NET" add_delay_ms 0
	wait_until 20 ended "$PID"
	gone "$TARGET"
	[ ! -e "$VDPA_RECORDS/$UUID" ]
}

@test "malformed XML is refused, whatever is to be done" {
	described_guest
	head -c 200 "$BATS_TEST_TMPDIR/xml" >"$BATS_TEST_TMPDIR/cut"
	mv "$BATS_TEST_TMPDIR/cut" "$BATS_TEST_TMPDIR/xml"
	for operation in 'migrate begin' 'release end' 'describe begin'; do
		# shellcheck disable=SC2086 # two words
		hook $operation
		refused 'its XML is not well-formed'
	done
}

@test "XML that is none of a domain, or lacks what the hook needs, is refused" {
	echo '<network><uuid/></network>' >"$BATS_TEST_TMPDIR/xml"
	hook migrate begin
	refused 'its XML has no <uuid> in a <domain>'

	domain web "<interface type='vdpa'><source dev='/dev/vhost-vdpa-0'/></interface>" >"$BATS_TEST_TMPDIR/xml"
	hook migrate begin
	refused 'lacks <mac address> or <source dev>'

	domain web "$(interface '&apos;]|//uuid[&apos;' /dev/vhost-vdpa-0)" >"$BATS_TEST_TMPDIR/xml"
	hook migrate begin
	refused 'is no MAC address'

	domain web "$(interface "$MAC" /dev/vhost-vdpa-0)" "$(interface "$MAC" /dev/vhost-vdpa-1)" >"$BATS_TEST_TMPDIR/xml"
	hook migrate begin
	refused "two of its interfaces have the address $MAC"

	domain web "<disk type='vhostvdpa'><source dev='/dev/vhost-vdpa-3'/></disk>" >"$BATS_TEST_TMPDIR/xml"
	hook migrate begin
	refused 'its disk /dev/vhost-vdpa-3 is a vDPA device'
}

@test "a guest's name may have any characters" {
	name="a b;\$(touch $BATS_TEST_TMPDIR/run) 'c' \"d\" <e>&%s\\ -n ü"
	source_device n0 "$MAC"
	domain "a b;\$(touch $BATS_TEST_TMPDIR/run) 'c' &quot;d&quot; &lt;e&gt;&amp;%s\\ -n ü" \
		"$(interface "$MAC" "$(vhost_of n0)")" >"$BATS_TEST_TMPDIR/xml"
	hook describe begin "$name"
	works
	other_host n0
	hook migrate begin "$name"
	works
	[ "$(source_of "$MAC")" = "$(vhost_of "$TARGET")" ]
	[ "$(xmlstarlet sel -t -v /domain/name <<<"$output" | xmlstarlet unesc)" = "$name" ]
	hook release end "$name"
	works
	gone "$TARGET"
	hook migrate begin "$name"
	[ "$status" -eq 1 ]
	[[ $stderr = "vdpa hook: guest $name: there is no description"* ]]
	[ ! -e "$BATS_TEST_TMPDIR/run" ]
}

@test "a guest without vDPA devices, and what else libvirt calls hooks for, is left alone" {
	domain web >"$BATS_TEST_TMPDIR/xml"
	hook migrate begin
	works
	[ -z "$output$stderr" ]
	for operation in 'prepare begin' 'start begin' 'started begin' 'stopped end' 'reconnect begin' 'restore begin'; do
		echo 'no XML' >"$BATS_TEST_TMPDIR/xml"
		# shellcheck disable=SC2086 # two words
		hook $operation
		works
		[ -z "$output$stderr" ]
	done
}

@test "a device that is not there, or that is no vDPA device, is not described" {
	domain web "$(interface "$MAC" /dev/vhost-vdpa-77)" >"$BATS_TEST_TMPDIR/xml"
	hook describe begin
	refused 'there is no vDPA device at /dev/vhost-vdpa-77'
	[ ! -e "$(description)" ]
}
