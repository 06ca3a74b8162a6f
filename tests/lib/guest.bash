# SPDX-License-Identifier: GPL-2.0-or-later
# Functions for tests with a guest that runs while its device is suspended, moved or lost. tests/clients/vmm/guest.c
# lists its commands. Loaded after lib/sim.

# Directory of the guests' pipes: other processes than the one that started a guest can use them too.
GUESTS=$BATS_TEST_TMPDIR

# guest_start NAME NODE CLASS [OPTION…] - starts a guest on the character device NODE, and waits until it is ready. "go"
# makes it run.
guest_start() {
	local name=$1
	shift

	rm -f "$GUESTS/$name".{in,out}
	mkfifo "$GUESTS/$name".{in,out}
	"$VMM" "$1" guest "${@:2}" <>"$GUESTS/$name.in" 1<>"$GUESTS/$name.out" 2>"$GUESTS/$name.err" 3>&- &
	echo $! >"$GUESTS/$name.pid"
	STARTED+=("$!")
	_guest_says "$name"
	[ "$ANSWER" = ready ] || fail "the guest is not ready: $ANSWER" || return
}

guest_pid() { cat "$GUESTS/$1.pid"; }

# Sets $ANSWER to the guest's next line; fails if there is none.
_guest_says() {
	local tries=3000 part=

	until IFS= read -rt 0.1 ANSWER <>"$GUESTS/$1.out"; do
		part+=$ANSWER
		if ended "$(guest_pid "$1")"; then
			fail "the guest is gone: $(cat "$GUESTS/$1.err")"
			return
		fi
		((tries--)) || fail "the guest does not answer" || return
	done
	ANSWER=$part$ANSWER
}

# tell NAME COMMAND… - the answer is $ANSWER.
tell() { ask "$@" && _guest_says "$1"; }

# ask NAME COMMAND… - without waiting for the answer.
ask() { echo "${*:2}" 1<>"$GUESTS/$1.in"; }

# guest NAME COMMAND… - runs a command in the guest, which must succeed; sets $ANSWER to its answer.
guest() { tell "$@" && [[ "$ANSWER " = "ok $2 "* ]] || fail "guest $*: $ANSWER"; }

# guest_cannot PATTERN NAME COMMAND… - runs a command in the guest, which must fail with an error that matches PATTERN.
guest_cannot() {
	tell "${@:2}" || return
	[[ $ANSWER = "failed $3: "* && $ANSWER =~ $1 ]] || fail "guest ${*:2}: $ANSWER, instead of: failed $3: $1"
}

# answer KEY - the value of KEY=value in $ANSWER
answer() {
	local text=" $ANSWER "

	[[ $text = *" $1="* ]] || fail "no $1 in: $ANSWER" || return
	text=${text#*" $1="}
	echo "${text%% *}"
}

# guest_ends NAME - the guest must end by itself and report success.
guest_ends() {
	ask "$1" quit
	wait "$(guest_pid "$1")" || fail "the guest's status: $?"
}
