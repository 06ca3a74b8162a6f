// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The monitor of a guest: obeys commands on its standard input and answers each with one line,
 * "ok COMMAND …" or "failed COMMAND: why". "ready" comes first of all; the guest works from "go" on.
 *
 *	go			the guest begins to work, or goes on after finish
 *	peer NODE		before go: its frames go to this device, and some come from there
 *	count			how many requests, and what became of them
 *	wait N			until devices have completed N requests more
 *	watch MS		how many requests the device completes in that time
 *	stop [DEADLINE-MS]	suspends the device and stops the guest
 *	pause			stops the guest alone: somebody else has suspended the device
 *	state			where the device is in each queue: stopped
 *	save FILE		the guest as a file: stopped
 *	carry DEVICE FILE ROUNDS	the same in rounds while it works, by what DEVICE, which it is on, says that it
 *				writes; then it is stopped
 *	prepare NODE		opens another device for the guest and gives it the rings
 *	load [QUEUE INDEX]	tells that device where the other one stopped, or something else
 *	takes { bases | state }	what load takes from one device to the other: its place in each ring, as at
 *				first, or its whole state, from the core
 *	continue [NODE]		the guest goes on there; with NODE after prepare and load
 *	resume			the guest goes on where it was
 *	move [NODE [DEADLINE-MS]]	prepare, stop, load, continue; or else resume
 *	moves N NODE		that to and fro, with some requests in between
 *	next NODE		where SIGUSR1 moves it: to and fro
 *	finish			completes what is on its way, looks at what became of all requests and
 *				makes no more
 *	quit			also at the end of the commands
 *
 * "started=" in an answer: when the device was started there, in microseconds since the epoch;
 * "still=": microseconds from the wish to suspend until then. "first=": when the first request was completed there, in microseconds since the
 * same clock; "downtime=": from the wish to suspend until then.
 */
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest.h"

#define WORDS_MAX	4
#define SETTLE_MS	20000

/**
 * struct session - a guest, and who tells it what to do
 * @monitor: the guest and its device
 * @node: the device that it is on
 * @next: where a move without a target goes: where it came from, or what was prepared or named last
 * @quit: there will be no more commands
 * @well: nothing was found wrong so far
 */
struct session {
	struct monitor monitor;
	char node[256];
	char next[256];
	bool quit;
	bool well;
};

/* A command and what belongs to it: @out takes what the answer has to say. */
struct words {
	struct session *session;
	char *word[WORDS_MAX + 1];
	int n;
	FILE *out;
};

static volatile sig_atomic_t move_asked;

static void ask_move(int signal)
{
	(void)signal;
	move_asked = 1;
}

static void interrupt(int signal)
{
	(void)signal;
}

static unsigned long number_of(const char *word)
{
	char *end;
	unsigned long n = strtoul(word, &end, 0);

	if (end == word || *end)
		vmm_fail("\"%s\" is no number", word);
	return n;
}

/* The commands: each prints what its answer has to say; vmm_fail() where it cannot be done. */

static void do_go(struct words *words)
{
	struct monitor *monitor = &words->session->monitor;

	monitor->working = true;
	guest_run(monitor, 1, true);
}

static void do_peer(struct words *words)
{
	struct monitor *monitor = &words->session->monitor;

	if (monitor->class != &guest_net || monitor->peer)
		vmm_fail("the guest has no use for a peer");
	monitor->peer = net_peer_open(words->word[1], monitor->guest);
}

static void do_count(struct words *words)
{
	const struct monitor *monitor = &words->session->monitor;

	monitor->class->count(monitor, words->out);
	fprintf(words->out, " carried=%" PRIu64, monitor->carried);
}

static void do_wait(struct words *words)
{
	guest_run(&words->session->monitor, number_of(words->word[1]), true);
}

static void do_watch(struct words *words)
{
	struct monitor *monitor = &words->session->monitor;
	uint64_t end = vmm_now_ms() + number_of(words->word[1]), now, before;

	monitor->class->work(monitor, true);
	before = monitor->class->completed(monitor->guest);
	while ((now = vmm_now_ms()) < end) {
		poll(NULL, 0, 1);
		monitor->class->work(monitor, true);
	}
	fprintf(words->out, "completed=%" PRIu64, monitor->class->completed(monitor->guest) - before);
}

static void do_stop(struct words *words)
{
	guest_stop(&words->session->monitor, words->n > 1 ? number_of(words->word[1]) : 0);
}

static void do_pause(struct words *words)
{
	guest_pause(&words->session->monitor);
}

static void do_state(struct words *words)
{
	const struct guest *guest = words->session->monitor.guest;
	unsigned int i;

	for (i = 0; i < guest->nvqs; i++)
		fprintf(words->out, "%s%u=%u", i ? " " : "", i, guest->bases[i]);
}

static void do_save(struct words *words)
{
	guest_save(&words->session->monitor, words->word[1]);
}

static void do_carry(struct words *words)
{
	guest_carry(&words->session->monitor, GUEST_MEM, words->word[1], words->word[2],
		    number_of(words->word[3]), words->out);
}

static void do_prepare(struct words *words)
{
	struct session *session = words->session;

	guest_prepare(&session->monitor, words->word[1]);
	snprintf(session->next, sizeof(session->next), "%s", words->word[1]);
}

static void do_load(struct words *words)
{
	struct monitor *monitor = &words->session->monitor;

	if (monitor->target.fd <= 0)
		vmm_fail("no target is prepared");
	if (words->n == 3)
		vmm_set_vq_base(&monitor->target, number_of(words->word[1]),
				number_of(words->word[2]));
	else
		guest_load(monitor);
}

static void do_takes(struct words *words)
{
	const char *what = words->word[1];

	if (strcmp(what, "bases") && strcmp(what, "state"))
		vmm_fail("\"%s\" cannot be taken", what);
	words->session->monitor.whole = !strcmp(what, "state");
}

/* The target is where it is, and where it was is the next target. */
static void have_moved(struct session *session)
{
	char node[sizeof(session->node)];

	memcpy(node, session->node, sizeof(node));
	memcpy(session->node, session->next, sizeof(node));
	memcpy(session->next, node, sizeof(node));
}

static void do_continue(struct words *words)
{
	struct monitor *monitor = &words->session->monitor;

	if (words->n > 1) {
		do_prepare(words);
		guest_load(monitor);
	}
	if (monitor->target.fd <= 0)
		vmm_fail("no target is prepared");
	guest_continue(monitor);
	have_moved(words->session);
	fprintf(words->out, "started=%" PRIu64 " first=%" PRIu64, monitor->started_us, monitor->first_us);
}

static void do_resume(struct words *words)
{
	struct monitor *monitor = &words->session->monitor;

	if (monitor->device.fd <= 0)
		vmm_fail("there is no device to go back to");
	guest_resume(monitor);
	guest_run(monitor, 1, true);
}

/* In microseconds, of a move: until the next device works, and until it has done something. */
static uint64_t still_us(const struct monitor *monitor)
{
	return monitor->started_us - monitor->stopped_us;
}

static uint64_t downtime_us(const struct monitor *monitor)
{
	return monitor->first_us - monitor->stopped_us;
}

static void move(struct session *session, unsigned int deadline_ms)
{
	struct monitor *monitor = &session->monitor;

	guest_prepare(monitor, session->next);
	guest_stop(monitor, deadline_ms);
	/* A peer knows nothing of it. */
	monitor->class->work(monitor, true);
	guest_load(monitor);
	guest_continue(monitor);
	have_moved(session);
}

static void do_move(struct words *words)
{
	struct session *session = words->session;

	if (words->n > 1)
		snprintf(session->next, sizeof(session->next), "%s", words->word[1]);
	move(session, words->n > 2 ? number_of(words->word[2]) : 0);
	fprintf(words->out, "downtime=%" PRIu64 " still=%" PRIu64, downtime_us(&session->monitor),
		still_us(&session->monitor));
}

/* From one to @max, the same in every run */
static uint64_t draw(uint32_t *seed, unsigned long max)
{
	*seed = *seed * 1664525 + 1013904223;
	return 1 + (*seed >> 8) % max;
}

/* Of several values. */
struct spread {
	uint64_t n;
	uint64_t least;
	uint64_t most;
	uint64_t sum;
};

static void spread_add(struct spread *spread, uint64_t value)
{
	if (!spread->n++ || value < spread->least)
		spread->least = value;
	if (value > spread->most)
		spread->most = value;
	spread->sum += value;
}

static void do_moves(struct words *words)
{
	struct session *session = words->session;
	struct monitor *monitor = &session->monitor;
	unsigned long n = number_of(words->word[1]), i;
	struct spread down = {}, still = {};
	uint32_t seed = 1;

	if (!n)
		vmm_fail("no moves");
	snprintf(session->next, sizeof(session->next), "%s", words->word[2]);
	for (i = 0; i < n; i++) {
		move(session, 0);
		spread_add(&down, downtime_us(monitor));
		spread_add(&still, still_us(monitor));
		guest_run(monitor, draw(&seed, 2 * monitor->guest->options.depth), true);
	}
	fprintf(words->out, "downtime least=%" PRIu64 " mean=%" PRIu64 " most=%" PRIu64
		" still least=%" PRIu64 " mean=%" PRIu64 " most=%" PRIu64, down.least, down.sum / n,
		down.most, still.least, still.sum / n, still.most);
}

static void undo_move(struct session *session)
{
	struct monitor *monitor = &session->monitor;

	if (monitor->left && monitor->device.fd > 0)
		guest_resume(monitor);
	else
		vmm_detach(&monitor->target);
}

static void undo_stop(struct session *session)
{
	if (session->monitor.suspended)
		guest_resume(&session->monitor);
}

static void undo_prepare(struct session *session)
{
	vmm_detach(&session->monitor.target);
}

static void do_next(struct words *words)
{
	snprintf(words->session->next, sizeof(words->session->next), "%s", words->word[1]);
}

static void do_finish(struct words *words)
{
	struct session *session = words->session;
	struct monitor *monitor = &session->monitor;
	uint64_t end = vmm_now_ms() + SETTLE_MS;

	/* So much that what comes is of this device, not of one before. */
	guest_run(monitor, 4 * monitor->guest->options.depth, true);
	monitor->class->work(monitor, false);
	while (!monitor->class->settled(monitor) && vmm_now_ms() < end) {
		poll(NULL, 0, 1);
		monitor->class->work(monitor, false);
	}
	if (!monitor->class->verify(monitor))
		session->well = false;
	monitor->working = false;
	fputs(session->well ? "well " : "bad ", words->out);
	monitor->class->count(monitor, words->out);
}

static void do_quit(struct words *words)
{
	words->session->quit = true;
}

/* In what state of the guest a command can be obeyed. */
enum when { ALWAYS, WORKING, STOPPED };

static const struct command {
	const char *name;
	int least;	/* words, with the name */
	int most;
	enum when when;
	void (*run)(struct words *words);
	void (*undo)(struct session *session);
} commands[] = {
	{ "go",		1, 1, STOPPED, do_go, NULL },
	{ "peer",	2, 2, STOPPED, do_peer, NULL },
	{ "count",	1, 1, ALWAYS, do_count, NULL },
	{ "wait",	2, 2, WORKING, do_wait, NULL },
	{ "watch",	2, 2, WORKING, do_watch, NULL },
	{ "stop",	1, 2, WORKING, do_stop, undo_stop },
	{ "pause",	1, 1, WORKING, do_pause, NULL },
	{ "state",	1, 1, STOPPED, do_state, NULL },
	{ "save",	2, 2, STOPPED, do_save, NULL },
	{ "carry",	4, 4, WORKING, do_carry, undo_stop },
	{ "prepare",	2, 2, ALWAYS, do_prepare, undo_prepare },
	{ "load",	1, 3, STOPPED, do_load, NULL },
	{ "takes",	2, 2, ALWAYS, do_takes, NULL },
	{ "continue",	1, 2, STOPPED, do_continue, undo_move },
	{ "resume",	1, 1, STOPPED, do_resume, NULL },
	{ "move",	1, 3, WORKING, do_move, undo_move },
	{ "moves",	3, 3, WORKING, do_moves, undo_move },
	{ "next",	2, 2, ALWAYS, do_next, NULL },
	{ "finish",	1, 1, WORKING, do_finish, NULL },
	{ "quit",	1, 1, ALWAYS, do_quit, NULL },
};

static const struct command *find_command(const struct words *words)
{
	size_t i;

	for (i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		if (strcmp(commands[i].name, words->word[0]))
			continue;
		if (words->n < commands[i].least || words->n > commands[i].most)
			vmm_fail("too few or too many words");
		return &commands[i];
	}
	vmm_fail("no such command");
}

struct call {
	struct words words;
	const struct command *command;
};

static void run_command(void *arg)
{
	struct call *call = arg;
	bool working = call->words.session->monitor.working;
	const struct command *command = find_command(&call->words);

	if (command->when == WORKING && !working)
		vmm_fail("the guest does not work");
	if (command->when == STOPPED && working)
		vmm_fail("the guest works");
	call->command = command;
	command->run(&call->words);
}

static void split(struct words *words, char *line)
{
	char *save, *word;

	for (word = strtok_r(line, " ", &save); word; word = strtok_r(NULL, " ", &save))
		if (words->n <= WORDS_MAX)
			words->word[words->n++] = word;
}

static void obey(struct session *session, char *line)
{
	struct call call = { .words.session = session };
	char *answer, why[512];
	size_t size;
	bool done;

	split(&call.words, line);
	if (!call.words.n)
		return;
	call.words.out = open_memstream(&answer, &size);
	if (!call.words.out)
		vmm_fail_errno("open_memstream");
	done = vmm_try(run_command, &call, why, sizeof(why));
	fclose(call.words.out);

	/* A deadline that was set. */
	alarm(0);
	if (!done && call.command && call.command->undo)
		call.command->undo(session);
	if (done)
		printf("ok %s%s%s\n", call.words.word[0], *answer ? " " : "", answer);
	else
		printf("failed %s: %s\n", call.words.word[0], why);
	free(answer);
}

static void read_commands(struct session *session)
{
	static char text[4096];
	static size_t len;
	char *line = text, *end;
	ssize_t n;

	n = read(STDIN_FILENO, text + len, sizeof(text) - 1 - len);
	if (n <= 0) {
		session->quit = true;
		return;
	}
	len += n;
	text[len] = '\0';
	for (; !session->quit && (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		obey(session, line);
	}
	len -= line - text;
	memmove(text, line, len);
}

static bool command_waits(void)
{
	struct pollfd command = { .fd = STDIN_FILENO, .events = POLLIN };

	return poll(&command, 1, 0) > 0;
}

static void serve(struct session *session)
{
	struct monitor *monitor = &session->monitor;

	puts("ready");
	while (!session->quit) {
		monitor->class->work(monitor, true);
		guest_await(monitor, STDIN_FILENO, -1);
		if (move_asked) {
			char line[] = "move";

			move_asked = 0;
			obey(session, line);
		}
		if (command_waits())
			read_commands(session);
	}
}

static void catch_signals(void)
{
	const struct sigaction moves = { .sa_handler = ask_move };
	const struct sigaction deadline = { .sa_handler = interrupt };

	sigaction(SIGUSR1, &moves, NULL);
	sigaction(SIGALRM, &deadline, NULL);
}

static void start(struct session *session, const char *node, int argc, char **argv)
{
	const struct guest_class *class = session->monitor.class;
	struct guest_options options = class->options;

	vmm_options(argc, argv, (const struct vmm_option []) {
		{ "depth", &options.depth },
		{ "queues", &options.queues },
		{ "blocks", &options.blocks },
		{ "size", &options.size },
		{ "rate", &options.rate },
		{ "indirect", &options.indirect },
		{ NULL, NULL },
	});
	guest_create(&session->monitor, node, &options);
	snprintf(session->node, sizeof(session->node), "%s", node);
}

/* NODE guest { blk | net } { OPTIONS | restore FILE } */
int vmm_guest(const char *node, int argc, char **argv)
{
	static struct session session = { .well = true };
	struct monitor *monitor = &session.monitor;

	monitor->target.fd = -1;
	if (argc && !strcmp(argv[0], "blk"))
		monitor->class = &guest_blk;
	else if (argc && !strcmp(argv[0], "net"))
		monitor->class = &guest_net;
	else
		vmm_fail("which guest?");

	catch_signals();
	if (argc == 3 && !strcmp(argv[1], "restore")) {
		guest_restore(monitor, argv[2]);
		guest_prepare(monitor, node);
		snprintf(session.next, sizeof(session.next), "%s", node);
	} else {
		start(&session, node, argc - 1, argv + 1);
	}
	serve(&session);
	vmm_detach(&monitor->device);
	return session.well ? 0 : 2;
}
