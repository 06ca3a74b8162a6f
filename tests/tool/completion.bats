#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What bash and zsh offer to complete, by the same functions.

load ../lib/common

# The same for both shells: WORDS, the last of which is being typed, and what is offered.
CASES='
|apply dev doctor mgmtdev migration monitor save
d|dev doctor
dev |add config del dirty migration resume set show state suspend vq vstats wait
-j dev |add config del dirty migration resume set show state suspend vq vstats wait
dev add |device_features driver mac max_vqp mgmtdev mtu name
dev add name x |device_features driver mac max_vqp mgmtdev mtu
dev del x |deadline nowait
dev vq |set show
dev del x nowait |
dev suspend x |deadline force
dev state save x |file precopy
dev state save x precopy |below deadline file rounds
monitor |dev mgmtdev
monitor dev |
mon |dev mgmtdev
doctor |root
save |file
save x y |file
save file y |
migration plan source x |mgmtdev name policy'

setup() {
	common_setup
	PATH=$(dirname "$VDPA_PROGRAM"):$PATH
}

@test "bash offers what can come next" {
	# shellcheck source=completion/vdpa
	. "$VDPA_TOP/completion/vdpa"
	while IFS='|' read -r typed offered; do
		[ "$typed$offered" ] || continue
		mapfile -td ' ' COMP_WORDS < <(printf 'vdpa %s' "$typed")
		[[ -n $typed && $typed != *' ' ]] || COMP_WORDS+=('')
		COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
		_vdpa_bash
		assert_equal "$typed: ${COMPREPLY[*]}" "$typed: $offered"
	done <<<"$CASES"
}

@test "bash offers files where a file is wanted, and options" {
	. "$VDPA_TOP/completion/vdpa"
	cd "$BATS_TEST_TMPDIR"
	touch n0.json n1.json
	COMP_WORDS=(vdpa migration find source n0) COMP_CWORD=4
	_vdpa_bash
	assert_equal "${COMPREPLY[*]}" n0.json
	COMP_WORDS=(vdpa -j) COMP_CWORD=1
	_vdpa_bash
	assert_equal "${COMPREPLY[*]}" -json
}

@test "zsh offers the same" {
	mkdir -p "$BATS_TEST_TMPDIR"/share/{bash-completion/completions,zsh/site-functions}
	cp "$VDPA_TOP/completion/vdpa" "$BATS_TEST_TMPDIR/share/bash-completion/completions"
	cp "$VDPA_TOP/completion/_vdpa" "$BATS_TEST_TMPDIR/share/zsh/site-functions"
	cat >"$BATS_TEST_TMPDIR/ask" <<-'END'
		fpath=($1/share/zsh/site-functions)
		autoload -Uz _vdpa
		# zsh itself looks for what begins with the word that is typed.
		compadd() { print -r -- ${(M)found:#$words[CURRENT]*} }
		words=(vdpa ${(s: :)2})
		[[ -n $2 && $2 != *' ' ]] || words+=('')
		CURRENT=$#words
		_vdpa
	END
	while IFS='|' read -r typed offered; do
		[ "$typed$offered" ] || continue
		assert_equal "$typed: $(zsh -f "$BATS_TEST_TMPDIR/ask" "$BATS_TEST_TMPDIR" "$typed")" "$typed: $offered"
	done <<<"$CASES"
}
