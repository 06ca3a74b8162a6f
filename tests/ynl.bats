#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel's own netlink client, ynl, works the family by doc/netlink/vdpa.yaml and knows nothing else of it.

load lib/state

# The files of the kernel's source package that tests/vm/source has unpacked
KERNEL_SOURCE=$VDPA_TOP/build/vm/source/tree

# Later kernels have it in a package of its own.
YNL=$KERNEL_SOURCE/tools/net/ynl
[ ! -e "$YNL/pyynl" ] || YNL+=/pyynl

setup() {
	common_setup
	started_pair
}

SPEC=$VDPA_TOP/doc/netlink/vdpa.yaml

# ynl OPTION… - what the client prints: JSON; or why not
ynl() { /usr/bin/python3 "$YNL/cli.py" --spec "$SPEC" --no-schema --output-json "$@"; }

# ynl_many <REQUESTS - the same for many requests, a line each (tests/clients/ynl_many): to start it takes a while
ynl_many() { "$VDPA_CLIENTS/ynl_many" "$YNL" "$SPEC"; }

# refused REQUEST JSON PATTERN - the kernel refuses a request of ynl, and its answer as ynl reads it matches PATTERN.
refused() {
	run ynl --do "$1" --json "$2"
	[ "$status" = 1 ] || fail "status $status: $1 $2" "$output"
	assert_match "$output" "$3"
}

@test "a device is created, found in a dump as our command shows it, and deleted" {
	ynl --do dev-new --json "{\"dev-name\": \"n1\", \"mgmtdev-dev-name\": \"$NET\",
		\"dev-net-cfg-macaddr\": \"52 54 00 12 34 56\", \"dev-net-cfg-mtu\": 1400}"

	assert_equal "$(ynl --dump dev-get | jq -r '.[] | "\(."dev-name") \(."mgmtdev-dev-name") \(."dev-max-vqs") \(."dev-state")"' | sort)" \
		"$("$VDPA_TOOL" -j dev show | jq -r '.dev | to_entries[] | "\(.key) \(.value.mgmtdev) \(.value.max_vqs) \(.value.state)"' | sort)"
	assert_equal "$(ynl --do dev-config-get --json '{"dev-name": "n1"}' | jq -r '"\(."dev-net-cfg-macaddr") \(."dev-net-cfg-mtu")"')" \
		'52:54:00:12:34:56 1400'
	ynl --do dev-del --json '{"dev-name": "n1"}'
	gone n1
}

@test "the specification has the form that the kernel's schema asks for" {
	ynl --schema "$KERNEL_SOURCE/Documentation/netlink/genetlink-legacy.yaml" --list-ops | grep -q '^dev-suspend '
}

@test "a group is suspended and resumed, which is told as events; capabilities, states and holders come as words" {
	ynl_many >"$BATS_TEST_TMPDIR/replies" <<-END
		subscribe monitor
		do dev-suspend {"dev-group": {"dev-name": ["n0", "b0"]}, "deadline": 60000}
		do dev-get {"dev-name": "n0"}
		events
		do dev-resume {"dev-group": {"dev-name": ["n0", "b0"]}}
		do dev-get {"dev-name": "n0"}
	END

	assert_equal "$(sed -n 3p "$BATS_TEST_TMPDIR/replies" | jq -c '[."dev-state", ."dev-suspended-by", ."dev-caps"]')" \
		'["suspended",["management"],["dirty-tracking","resume","suspend","vq-state","vstats"]]'
	assert_equal "$(sed -n 4p "$BATS_TEST_TMPDIR/replies" | jq -r '.[].msg | [.event, ."dev-name", ."dev-state-old", ."dev-state", ."event-cause"] | join(" ")' | sort)" \
		"$(cat <<-END
			dev-state b0 active suspending management
			dev-state b0 suspending suspended management
			dev-state n0 active suspending management
			dev-state n0 suspending suspended management
		END
		)"
	assert_equal "$(sed -n 6p "$BATS_TEST_TMPDIR/replies" | jq -c '[."dev-state", ."dev-suspended-by"]')" '["active",null]'
}

@test "a refusal has its message and the attribute at fault, nested ones too, or the one that is missing" {
	refused dev-del '{"dev-name": "ghost"}' "No such device.*'msg': 'no device named ghost'.*'bad-attr': '.dev-name'"
	refused dev-suspend '{"dev-group": {"dev-name": ["n0", "ghost"]}}' "No such device.*'bad-attr': '.dev-group.dev-name'"
	refused dev-get '{}' "Invalid argument.*'miss-type': 'dev-name'"
	has_state n0 active
}

@test "whatever the kernel tells has a place in the specification" {
	local dumps=(mgmtdev-get dev-get dev-config-get dev-vstats-get dev-vq-get dev-migration-get mgmtdev-migration-get)

	vdpa dev suspend n0 b0
	{
		printf 'dump %s {}\n' "${dumps[@]}"
		cat <<-END
			dump dev-state-get {"dev-name": "b0"}
			do migration-estimate {"dev-name": "b0"}
			do dev-dirty-start {"dev-name": "b0", "dirty-page-size": 4096, "dirty-range": [{"dirty-first": 0, "dirty-last": 65535}]}
			do dev-dirty-get {"dev-name": "b0"}
			do dev-dirty-get {"dev-name": "b0", "dirty-first": 0, "dirty-last": 65535}
		END
	} | ynl_many >"$BATS_TEST_TMPDIR/replies"

	mapfile -t replies <"$BATS_TEST_TMPDIR/replies"
	[ "${#replies[@]}" = $((${#dumps[@]} + 5)) ]
	jq -se 'map(length > 1) | all' <<<"${replies[*]:0:${#dumps[@]}}"
	assert_equal "$(jq -r '.[] | select(."dev-name" == "b0" and ."dev-queue-index" == 0) | "\(."vq-type") \(."vq-ready")"' <<<"${replies[4]}")" 'request 1'
	assert_equal "$(jq -r '.[] | select(."dev-name" == "n0").migration[].attr[] | select(.name == "device_api") | .rule + " " + .string' <<<"${replies[5]}")" \
		'equal virtio-net'
	jq -e '[.[]."state-vq" // [] | .[]] | length > 0' <<<"${replies[7]}"
	jq -e '."dev-state" == "suspended"' <<<"${replies[8]}"
	assert_equal "$(jq -c '."dirty-range"' <<<"${replies[10]}")" '[{"dirty-asid":0,"dirty-first":0,"dirty-last":65535}]'
	jq -e '."dirty-page-size" == 4096 and ."dirty-last" == 65535' <<<"${replies[11]}"
}
