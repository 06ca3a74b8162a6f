#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The JSON schemas, and what holds the command's documents against them.

load ../lib/common

setup() {
	common_setup
	export VDPA_PROGRAM="$BATS_TEST_TMPDIR/vdpa" VDPA_DOCUMENTS="$BATS_TEST_TMPDIR/documents"
	mkdir "$VDPA_DOCUMENTS"
}

# prints TEXT [STATUS] - the program from now on
prints() {
	printf '#!/bin/bash\nprintf %%s %q\n[ -z "$COMPLAINT" ] || echo "$COMPLAINT" >&2\nexit %s\n' "$1" "${2:-0}" >"$VDPA_PROGRAM"
	chmod +x "$VDPA_PROGRAM"
}

# wrong TEXT REASON - such a document is kept, and does not agree with its schema for that reason.
wrong() {
	rm -f "$VDPA_DOCUMENTS"/*
	prints "$1"
	"$VDPA_CLIENTS/recorded" -j dev show >"$BATS_TEST_TMPDIR/out"
	run -1 "$VDPA_TOP/tests/schema-check" "$VDPA_DOCUMENTS"
	assert_match "$output" "$BATS_TEST_DESCRIPTION"
	assert_match "$output" 'vdpa -j dev show'
	assert_match "$output" "$2"
}

@test "a document that does not agree with its schema is found, with test, command and reason" {
	wrong '{"dev":{"n0":{"type":"network","mgmtdev":"m","colour":"red"}}}' "dev: .*n0.*colour"
	wrong '{"dev":{"n0":{"type":"network"}}}' "'mgmtdev' is a required property"
	wrong '{"dev":{"n0":{"type":"network","mgmtdev":"m","max_vqs":-1}}}' 'max_vqs: -1'
	wrong '{"dev":{"n0":{"type":"network","mgmtdev":"m","max_vqs":1.8446744073709552e19}}}' 'max_vqs'
	wrong '{"dev":{},"more":1}' "more"
	wrong '{"vq":{"n0":{"qidx":0}}}' 'vq: '
	wrong '[{"line":1,"status":0,"result":{"dev":{"n0":{}}}}]' "'type' is a required property"
	wrong '{"event":"dev_added","dev":"n0"}' "'seq' is a required property"
	wrong '{"planet":{}}' 'no schema'
	wrong '{"dev":{' 'no JSON'
	wrong 'n0: type network' 'no JSON'
	COMPLAINT='vdpa: no' wrong '{"dev":{}}' 'no JSON'
	COMPLAINT='{"error":{"errno":"EPERM"}}' wrong '{"dev":{}}' "error: .*'message' is a required property"
}

@test "what agrees is counted, and the command's output and status are its own" {
	prints '{"dev":{"n0":{"type":"network","mgmtdev":"m","max_vqs":18446744073709551615}}}' 2
	COMPLAINT='{"error":{"message":"no"}}' run -2 --separate-stderr "$VDPA_CLIENTS/recorded" -jp dev show
	assert_equal "$output" '{"dev":{"n0":{"type":"network","mgmtdev":"m","max_vqs":18446744073709551615}}}'
	assert_equal "$stderr" '{"error":{"message":"no"}}'
	prints 'n0: type network'
	run -0 "$VDPA_CLIENTS/recorded" dev show
	assert_equal "$output" 'n0: type network'

	run -0 "$VDPA_TOP/tests/schema-check" "$VDPA_DOCUMENTS"
	assert_equal "$output" '2 documents, 0 do not agree with their schemas'
}

@test "each schema is one, and is installed" {
	run -0 "$VDPA_TOP/tests/schema-check" "$VDPA_DOCUMENTS"
	make -s -C "$VDPA_TOP" install-tools DESTDIR="$BATS_TEST_TMPDIR/root" PREFIX=/usr >/dev/null
	assert_equal "$(ls "$BATS_TEST_TMPDIR/root/usr/share/vdpa/schema")" "$(ls "$VDPA_TOP/schema")"
	make -s -C "$VDPA_TOP" uninstall DESTDIR="$BATS_TEST_TMPDIR/root" PREFIX=/usr >/dev/null
	[ ! -e "$BATS_TEST_TMPDIR/root/usr/share/vdpa/schema" ]
}
