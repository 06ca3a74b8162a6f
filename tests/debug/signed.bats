#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A kernel that takes signed modules only, as a host with Secure Boot does, takes ours when they are signed with a key that it
# trusts. Here that is the key that the debug kernel was built with; a host's is its owner's (MOK), which the firmware hands to
# the kernel, and this machine has no firmware.
#
# A kernel that has begun to take signed modules only does not stop: each file here has a machine of its own.

load ../lib/common

LINUX=$VDPA_TOP/build/debug/linux

# signed MODULE - a copy of it with a signature
signed() {
	local copy=$BATS_TEST_TMPDIR/${1##*/}

	cp "$VDPA_KO/$1" "$copy"
	"$LINUX/scripts/sign-file" sha256 "$LINUX/certs/signing_key.pem" "$LINUX/certs/signing_key.x509" "$copy"
	echo "$copy"
}

@test "a kernel that takes signed modules only takes the core once it is signed, and not if it was changed since" {
	echo Y >/sys/module/module/parameters/sig_enforce
	run -1 insmod "$VDPA_KO/core/vdpa.ko"
	assert_match "$output" 'Key was rejected by service|Required key not available'
	[ ! -e /sys/module/vdpa ]

	module=$(signed core/vdpa.ko)
	insmod "$module"
	vdpa mgmtdev show
	# "E" would be a module whose signature was not found good.
	assert_equal "$(</sys/module/vdpa/taint)" O
	rmmod vdpa

	printf X | dd of="$module" bs=1 seek=4096 conv=notrunc status=none
	run -1 insmod "$module"
	assert_match "$output" 'Key was rejected by service'
	[ ! -e /sys/module/vdpa ]
}
