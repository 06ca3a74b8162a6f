#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Features beyond bit 63: what a parent tells of them, in replies, descriptions and saved states. Bits 64 to 127 of the test
# parent's are in its knobs.
# processors: 2

load lib/state
load lib/monitor

MGMTDEV=vdpatest_status
PARENT=vdpa_test_parent/$MGMTDEV
DESCRIPTION=$KNOBS/$PARENT/description

# HOST_UDP_TUNNEL_GSO, and what the device offers below
HIGH=8 WIDE=0x80000080300000000

setup() {
	common_setup
	load_core ours
	load_bus_drivers vhost_vdpa
	load_parent parents=status
	vdpa dev add name s0 mgmtdev "$MGMTDEV"
	cd "$BATS_TEST_TMPDIR"
}

teardown() {
	local rc=0

	end_started || rc=1
	common_teardown || rc=1
	return "$rc"
}

feature_list() { vdpa -j "$@" | jq -c ".. | .$FEATURES? // empty"; }
device_features() { vdpa -j "$@" | jq -r '.. | .attributes? // empty | .[] | select(.name == "device_features") | .value'; }

@test "what a parent tells of features beyond bit 63 is shown after the others" {
	for knob in supported offered negotiated; do knob "$PARENT" ${knob}_high 0x8000000000000008; done
	monitored s0

	FEATURES=dev_features
	assert_equal "$(feature_list mgmtdev show "$MGMTDEV")" '["VERSION_1","ACCESS_PLATFORM","SUSPEND","bit_67","bit_127"]'
	assert_equal "$(feature_list dev config show s0)" '["VERSION_1","ACCESS_PLATFORM","SUSPEND","bit_67","bit_127"]'
	FEATURES=negotiated_features
	assert_equal "$(feature_list dev config show s0)" '["VERSION_1","ACCESS_PLATFORM","SUSPEND","bit_67","bit_127"]'
	# A client that knows of 64 bits finds them where they always were.
	assert_equal "$(field dev-config-get s0 DEV_FEATURES)" "$(field dev-config-get s0 DEV_NEGOTIATED_FEATURES)"
	[[ $(fields dev-config-get s0) == *DEV_FEATURES_WORDS=* ]]

	for knob in supported offered negotiated; do knob "$PARENT" ${knob}_high 0; done
	[[ $(fields dev-config-get s0) != *WORDS* ]]
	assert_equal "$(feature_list dev config show s0)" '["VERSION_1","ACCESS_PLATFORM","SUSPEND"]'
}

@test "they are part of a description, in which a missing one is a mismatch" {
	knob "$PARENT" offered_high $HIGH
	# What the devices have in common with the management device, which tells nothing of it by itself
	# In one write, which a line is: the next would take its place.
	common='vq_size range contains first=4 last=256; iova_range range contains first=0 last=0xffffffffffffffff;'
	common+=' vq_layout set superset member=split; capabilities set superset member=vq_state'
	echo "$common" >"$DESCRIPTION"
	assert_equal "$(device_features dev migration show s0)" $WIDE
	vdpa -j dev migration show s0 >source

	run -3 vdpa migration check source source mgmtdev "$MGMTDEV"
	assert_match "$output" 'attribute device_features rule superset .*reason the target lacks the bits 0x80000000000000000'
	assert_match "$output" 'kernel device_features: source 0x8000008030000[.]{3}, target 0x80300000000'
	knob "$PARENT" supported_high $HIGH
	vdpa migration check source source mgmtdev "$MGMTDEV"
	vdpa migration check source source dev s0
	knob "$PARENT" offered_high 0
	run -3 vdpa migration check source source dev s0

	# Nobody can ask for one.
	run -3 --separate-stderr vdpa migration plan source source mgmtdev "$MGMTDEV" name s1
	assert_match "$stderr" "the source's device_features \"$WIDE\" is not a hexadecimal number of at most 64 bits"
}

@test "a parent describes bitmasks of up to 512 bits" {
	full=0x$(printf 'f%.0s' {1..128})
	echo "x bitmask superset u64=$full; y bitmask equal u64=0x00000000000000000000000000000000005" >"$DESCRIPTION"
	run -0 vdpa -j dev migration show s0
	jq -e --arg full "$full" '.. | .attributes? // empty | map(select(.name == "x" or .name == "y") | .value) ==
		[$full, "0x5"]' <<<"$output"

	echo "x bitmask superset u64=0x1${full#0x}" >"$DESCRIPTION"
	run -2 --separate-stderr vdpa dev migration show s0
	assert_match "$stderr" 's0 cannot be described: its parent says|more than 512 bits'
}

@test "a saved state has them, and is loaded where they are negotiated as well" {
	knob "$PARENT" negotiated_high $HIGH
	monitored s0
	vdpa dev suspend s0
	vdpa dev state save s0 file state
	assert_equal "$(jq -r .vdpa_state.features state)" $WIDE
	"$VDPA_CLIENTS/nl_migration" save s0 attrs

	vdpa dev state load s0 file state
	knob "$PARENT" negotiated_high $((HIGH | 1))
	run -2 --separate-stderr vdpa dev state load s0 file state
	assert_match "$stderr" 's0: negotiated features differ beyond bit 63'
	assert_match "$stderr" VDPA_ATTR_STATE_FEATURES_WORDS
	knob "$PARENT" negotiated_high 0
	run -2 --separate-stderr vdpa dev state load s0 file state
	assert_match "$stderr" 'differ beyond bit 63'
	jq '.vdpa_state.features = "0x80300000000"' state >narrow
	vdpa dev state load s0 file narrow
	knob "$PARENT" negotiated_high $HIGH
	run -2 --separate-stderr vdpa dev state load s0 file narrow
	assert_match "$stderr" 'differ beyond bit 63'
	has_state s0 suspended
}

@test "words that are none are refused, and so are both forms at once" {
	monitored s0
	vdpa dev suspend s0
	"$VDPA_CLIENTS/nl_migration" save s0 attrs
	for len in 0 7 8 12 72 1024; do
		run -2 "$VDPA_CLIENTS/nl_migration" load s0 attrs --without features --words $len
		assert_match "$output" "2 to 8 words of 64 bits, not $len bytes"
	done
	run -2 "$VDPA_CLIENTS/nl_migration" load s0 attrs --without features --words 16
	assert_match "$output" 'the last word has no bit set'
	run -2 "$VDPA_CLIENTS/nl_migration" load s0 attrs --words 16
	assert_match "$output" 'the negotiated features are given twice'
	"$VDPA_CLIENTS/nl_migration" load s0 attrs
}
