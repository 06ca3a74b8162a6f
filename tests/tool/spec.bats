#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The wire format is written down in the header, in the specification for other languages, in the family's policy, in the
# command's table and in the tests' grammar: the same everywhere.

load ../lib/common

HEADER=include/uapi/linux/vdpa.h
SPEC=doc/netlink/vdpa.yaml
FAMILY=kernel/core/netlink/family.c
TABLE=vdpa-tool/netlink/attrs.c
GRAMMAR=tests/clients/wire/grammar.c

check_spec() { /usr/bin/python3 "$VDPA_TOP/tests/tool/check-spec" "$@"; }

# differs FILE SED-SCRIPT FAULT… - a tree in which FILE is edited so is told to differ, by these words and no others.
differs() {
	local file=$1 script=$2 copy=$BATS_TEST_TMPDIR/tree
	shift 2

	rm -rf "$copy"
	mkdir "$copy"
	(cd "$VDPA_TOP" && cp --parents -t "$copy" "$HEADER" "$SPEC" "$FAMILY" "$TABLE" "$GRAMMAR")
	sed -i -E "$script" "$copy/$file"
	run ! cmp -s "$copy/$file" "$VDPA_TOP/$file"
	run -1 check_spec "$copy"
	assert_equal "$output" "$(printf '%s\n' "$@" | LC_ALL=C sort)"
}

# Whose numbers another one follows
NEW_ATTR='s/^\tVDPA_ATTR_VQ_INFLIGHT = .*/&\n\tVDPA_ATTR_LATER = 240,\t\/* u32, s *\//; s/(#define VDPA_ATTR_LAST\t).*/\1VDPA_ATTR_LATER/'

@test "header, specification, family, command and grammar say the same" {
	check_spec
}

@test "an attribute, a command, an enum's value, a limit that is only in the header is found" {
	differs "$HEADER" "$NEW_ATTR" "$SPEC: VDPA_ATTR_LATER is missing, which $HEADER has"
	differs "$HEADER" 's/^\tVDPA_CMD_DEV_STATE_LOAD = .*/&\n\tVDPA_CMD_LATER = 120,/' \
		"$SPEC: VDPA_CMD_LATER is missing, which $HEADER has"
	differs "$HEADER" 's/^\tVDPA_CAUSE_DEVICE = .*/&\n\tVDPA_CAUSE_LATER = 3,/' "$SPEC: VDPA_CAUSE_LATER is missing, which $HEADER has"
	differs "$HEADER" 's/^#define VDPA_GROUP_MAX.*/&\n#define VDPA_LATER_MAX 4/' "$SPEC: VDPA_LATER_MAX is missing, which $HEADER has"
	differs "$HEADER" 's/^enum vdpa_cause \{/enum vdpa_later {\n\tVDPA_LATER = 0,\n};\n\n&/' \
		"$SPEC: enum vdpa_later is missing, which $HEADER has"
	differs "$HEADER" 's/(VDPA_MIGRATION_ATTR_WORDS = )11/\112/' "$SPEC: VDPA_MIGRATION_ATTR_WORDS is 11, in $HEADER it is 12" \
		"$SPEC: VDPA_MIGRATION_ATTR_WORDS in migration-attr has another number than in $HEADER"
}

@test "what the specification says otherwise is found: number, type, permission, limit, what has no place" {
	differs "$SPEC" '/name: vq-size$/,/type:/s/u16/u32/' "$SPEC: the type of VDPA_ATTR_VQ_SIZE is u32, in $HEADER it is u16" \
		"$GRAMMAR: state_vq_attrs: the type of VDPA_ATTR_VQ_SIZE is U16, in $SPEC it is U32" \
		"$GRAMMAR: wire_attrs: the type of VDPA_ATTR_VQ_SIZE is U16, in $SPEC it is U32"
	differs "$SPEC" '/name: event-time$/,/value:/s/149/249/' "$SPEC: VDPA_ATTR_EVENT_TIME is 249, in $HEADER it is 149" \
		"$SPEC: VDPA_ATTR_EVENT_TIME in vdpa has another number than in $HEADER"
	differs "$SPEC" '/name: dev-state-load$/,/value:/s/82/83/' "$SPEC: the number of VDPA_CMD_DEV_STATE_LOAD is 83, in $HEADER it is 82"
	differs "$SPEC" '/name: dev-vq-get$/,/flags:/{/flags:/d}' \
		"$FAMILY: whether VDPA_CMD_DEV_VQ_GET needs CAP_NET_ADMIN is True, in $SPEC it is False"
	differs "$SPEC" '/name: vdpa-name-len-max$/,/value:/s/63/64/' "$SPEC: VDPA_NAME_LEN_MAX is 64, in $HEADER it is 63" \
		"$GRAMMAR: group_attrs: the limit of VDPA_ATTR_DEV_NAME is 63, in $SPEC it is 64"
	differs "$SPEC" 's/\[ dev-name, deadline, nowait \]/[ dev-name, deadline ]/' "$SPEC: a policy for VDPA_ATTR_NOWAIT is missing, which $FAMILY has" \
		"$GRAMMAR: wire_attrs: whether requests may have VDPA_ATTR_NOWAIT is True, in $SPEC it is False"
	differs "$SPEC" 's/name: monitor$/name: other/' "$SPEC: the multicast group monitor is missing, which $HEADER has" \
		"$HEADER: the multicast group other is missing, which $SPEC has"
}

@test "a row that family, command or grammar lack, or have otherwise, is found" {
	differs "$FAMILY" '/\[VDPA_ATTR_DIRTY_KEEP\]/d' "$FAMILY: a policy for VDPA_ATTR_DIRTY_KEEP is missing, which $SPEC has"
	differs "$FAMILY" '/\[VDPA_ATTR_DIRTY_ASID\]/s/U32/U16/' "$FAMILY: the policy of VDPA_ATTR_DIRTY_ASID is NLA_U16, in $SPEC it is u32"
	differs "$FAMILY" 's/(cmd\t\t= VDPA_CMD_DEV_DIRTY_)STOP/\1GET/' "$FAMILY: VDPA_CMD_DEV_DIRTY_STOP is missing, which $SPEC has"
	differs "$TABLE" '/ATTR\(VDPA_ATTR_VQ_SIZE,/d' "$TABLE: VDPA_ATTR_VQ_SIZE is missing, which $SPEC has"
	differs "$TABLE" '/ATTR\(VDPA_ATTR_VQ_SIZE,/s/UINT/STRING/' "$TABLE: VDPA_ATTR_VQ_SIZE is KIND_STRING, in $SPEC it is u16"
	differs "$GRAMMAR" '/^\tATTR\(DEV_CAPS,/d' "$GRAMMAR: wire_attrs: VDPA_ATTR_DEV_CAPS is missing, which $SPEC has"
	differs "$GRAMMAR" '/^\tPART\(ATTR_ACCEPTS,/s/STRING_MAX/NAME_MAX/' \
		"$GRAMMAR: description_attr_attrs: the limit of VDPA_MIGRATION_ATTR_ACCEPTS is 63, in $SPEC it is 255"
	differs "$GRAMMAR" 's/, A\(DEV_TRANSITIONS\)//' "$GRAMMAR: VDPA_CMD_DEV_GET: a reply with VDPA_ATTR_DEV_TRANSITIONS is missing, which $SPEC has"
	differs "$GRAMMAR" 's/= VDPA_CMD_DEV_PRECOPY_STOP/= VDPA_CMD_DEV_DIRTY_STOP/' "$GRAMMAR: VDPA_CMD_DEV_PRECOPY_STOP is missing, which $SPEC has"
}
