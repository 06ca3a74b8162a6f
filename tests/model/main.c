// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * model: whether some order of the requests explains the answers to them.
 *
 *	model [--seconds N] [--seed N] [--tamper] VDPA_SIM_BLK.KO
 *
 * Threads act as scripts (netlink), as virtual machine monitors (a character device) and as the host (drivers and modules),
 * at once, on devices of a few names, one of which sysfs has already. Some requests are lost: their socket is closed at once.
 * After each window of requests all threads meet, and for each name an order is searched in which the rules give the answers
 * that there were, and at whose end is true what the kernel and sysfs say. Where there is none, the window is printed.
 * --tamper falsifies an answer, which has to be found.
 *
 * The last line has the figures: requests of each kind, windows, those that could not be judged. Exit status: 0 all was
 * explained, 1 usage, 2 it was not, or there was no answer.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <getopt.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "model.h"

/* Requests of a thread between two meetings */
enum { SCRIPTS = 2, MONITORS = 2, HOSTS = 1, THREADS = SCRIPTS + MONITORS + HOSTS, WINDOW = 7, HOST_WINDOW = 3 };

/* How long a thread waits at most, in ms, before it asks for the next thing: others are to find what it has done. */
enum { PAUSE_MS = 6 };

/* What a thread does: picks what to ask next, as the @i-th of @n in this window; false: nothing. */
typedef bool (*pick_t)(struct actor *actor, struct op *op, unsigned int i, unsigned int n);

static struct op ops[THREADS][WINDOW];
static struct actor actors[THREADS + 1];
static pthread_barrier_t meeting;
static uint64_t ticks;
static bool over;

static uint64_t tick(void)
{
	return __atomic_add_fetch(&ticks, 1, __ATOMIC_SEQ_CST);
}

static unsigned int any_name(struct actor *actor)
{
	return wire_chance(&actor->rnd, 5) ? TAKEN : wire_below(&actor->rnd, TAKEN);
}

/* The more often a kind is there, the more often it is asked for. */
static bool pick_script(struct actor *actor, struct op *op, unsigned int i, unsigned int n)
{
	static const enum kind kinds[] = {
		ADD, ADD, ADD, ADD, DELETE, SHOW, SHOW, CONFIG, QUEUES, COUNTERS, DESCRIBE, SAVE, SAVE, SET_MAC,
		SET_QUEUE, SUSPEND, SUSPEND, SUSPEND, SUSPEND, RESUME, RESUME, RESUME, SUSPEND_TWO, SUSPEND_TWO, LIST,
		GIVE, GIVE, GIVE,
	};
	const unsigned int losable = IN(ADD) | IN(DELETE) | IN(SUSPEND) | IN(RESUME);

	(void)i, (void)n;
	op->kind = kinds[wire_below(&actor->rnd, ARRAY_SIZE(kinds))];
	if (op->kind == DELETE && wire_chance(&actor->rnd, 10))
		op->kind = DELETE_NOWAIT;
	if (op->kind == GIVE && wire_chance(&actor->rnd, 25))
		op->kind = wire_chance(&actor->rnd, 50) ? FREE : FREE_NOW;
	op->name = any_name(actor);
	op->other = (op->name + 1) % NAMES;
	op->fate = (IN(op->kind) & losable) && wire_chance(&actor->rnd, 8) ? LOST : HEARD;
	return true;
}

/* A device that it has opened is closed before the meeting: others may wait for that. */
static bool pick_monitor(struct actor *actor, struct op *op, unsigned int i, unsigned int n)
{
	static const enum kind kinds[] = {
		START, START, START, START, START, START, HOLD, HOLD, HOLD, RELEASE, RELEASE, RELEASE, RESET, CLOSE,
	};

	op->name = actor->opened;
	if (actor->fd >= 0) {
		op->kind = i + 1 == n ? CLOSE : kinds[wire_below(&actor->rnd, ARRAY_SIZE(kinds))];
		if (op->kind == START && actor->started)
			op->kind = wire_chance(&actor->rnd, 50) ? HOLD : RELEASE;
		return true;
	}
	op->kind = OPEN;
	op->name = any_name(actor);
	return i + 1 < n;
}

static bool pick_host(struct actor *actor, struct op *op, unsigned int i, unsigned int n)
{
	static const enum kind kinds[] = { BIND, BIND, BIND, BIND, BIND, UNBIND, LOAD, LOAD };

	(void)n;
	op->kind = kinds[wire_below(&actor->rnd, ARRAY_SIZE(kinds))];
	if (wire_chance(&actor->rnd, 1))
		op->kind = UNLOAD;
	op->name = any_name(actor);
	return i < HOST_WINDOW;
}

static const struct role {
	unsigned int n;
	pick_t pick;
} roles[] = {
	{ SCRIPTS, pick_script },
	{ MONITORS, pick_monitor },
	{ HOSTS, pick_host },
};

static pick_t pick_of(unsigned int thread)
{
	unsigned int role = 0;

	while (thread >= roles[role].n)
		thread -= roles[role++].n;
	return roles[role].pick;
}

static void *work(void *data)
{
	size_t me = (size_t)data;
	struct actor *actor = &actors[me];
	pick_t pick = pick_of(me);

	for (;;) {
		pthread_barrier_wait(&meeting);
		if (over)
			return NULL;
		for (unsigned int i = 0; i < WINDOW; i++) {
			struct op *op = &ops[me][i];

			*op = (struct op){ .kind = KINDS };
			if (!pick(actor, op, i, WINDOW)) {
				op->kind = KINDS;
				continue;
			}
			poll(NULL, 0, wire_below(&actor->rnd, PAUSE_MS));
			op->asked = tick();
			act(actor, op);
			op->answered = op->fate == LOST ? UINT64_MAX : tick();
		}
		pthread_barrier_wait(&meeting);
	}
}

/* What was asked in this window, without gaps */
static struct op gathered[THREADS * WINDOW];

static struct window gather(void)
{
	struct window window = { .ops = gathered };

	for (unsigned int thread = 0; thread < THREADS; thread++)
		for (unsigned int i = 0; i < WINDOW; i++)
			if (ops[thread][i].kind != KINDS)
				gathered[window.n++] = ops[thread][i];
	return window;
}

static const char *state_text(struct state s, char *buf, size_t size)
{
	static const char *const lives[] = { "absent", "being added", "there", "being removed" };
	static const char *const bonds[] = { "without driver", "bound", "being unbound" };
	static const char *const wanted[] = { "", ", for vhost_vdpa", ", for no driver" };
	static const char *const parents[] = { "up", "going", "down" };

	snprintf(buf, size, "%s, %s%s, parent %s%s%s, holds %u", lives[s.life], bonds[s.bond], wanted[s.wanted], parents[s.parent],
		 s.open ? ", open" : "", s.started ? ", started" : "", s.holds);
	return buf;
}

static void print_window(const struct window *window, unsigned int name, struct state begin, struct state end)
{
	char before[128], after[128];

	printf("model: no order explains what was answered of device %u: %s, and then %s\n", name,
	       state_text(begin, before, sizeof(before)), state_text(end, after, sizeof(after)));
	for (unsigned int i = 0; i < window->n; i++) {
		const struct op *op = &window->ops[i];

		if (op_is_about(op, name))
			printf("  %4llu-%4lld %s: %s%s (seen: %d state %u holds %u)\n",
			       (unsigned long long)op->asked, (long long)op->answered, kind_names[op->kind],
			       op->fate == LOST ? "lost" : op->err ? strerrorname_np(op->err) : "done",
			       op->kind == SUSPEND_TWO ? ", with another" : "", op->seen[name].there,
			       op->seen[name].state, op->seen[name].holds);
	}
}

static struct figures {
	uint64_t asked[KINDS];
	uint64_t done[KINDS];
	uint64_t all;
	uint64_t windows;
	uint64_t unjudged;
} figures;

static void count(const struct window *window)
{
	figures.windows++;
	figures.all += window->n;
	for (unsigned int i = 0; i < window->n; i++) {
		figures.asked[window->ops[i].kind]++;
		figures.done[window->ops[i].kind] += window->ops[i].err == 0 && window->ops[i].fate == HEARD;
	}
}

static void print_figures(void)
{
	for (unsigned int kind = 0; kind < KINDS; kind++)
		printf("%s %llu, done %llu\n", kind_names[kind], (unsigned long long)figures.asked[kind],
		       (unsigned long long)figures.done[kind]);
	printf("requests %llu windows %llu unjudged %llu\n", (unsigned long long)figures.all,
	       (unsigned long long)figures.windows, (unsigned long long)figures.unjudged);
}

/* A monitor has opened a device that it did not mean. */
static bool window_is_void(void)
{
	bool is_void = false;

	for (unsigned int i = 0; i < THREADS; i++) {
		is_void |= actors[i].void_window;
		actors[i].void_window = false;
	}
	return is_void;
}

/* Nothing is ever answered so. */
static void falsify(struct window *window)
{
	for (unsigned int i = 0; i < window->n; i++) {
		if (window->ops[i].kind != SHOW)
			continue;
		window->ops[i].err = EXDEV;
		return;
	}
}

/* All have met: judges the window, and takes what is true now over to @begin. */
static bool judge(struct state *begin, bool tamper)
{
	struct actor *actor = &actors[THREADS];
	struct window window = gather();
	bool is_void = window_is_void(), good = true;

	if (tamper)
		falsify(&window);
	count(&window);
	act_settle(actor);
	for (unsigned int name = 0; name < NAMES; name++) {
		struct state end = act_look(actor, name);
		enum order order = is_void ? ORDER_TOO_LONG : order_find(&window, name, begin[name], end);

		if (order == ORDER_NONE) {
			print_window(&window, name, begin[name], end);
			good = false;
		}
		figures.unjudged += order == ORDER_TOO_LONG;
		begin[name] = end;
	}
	return good;
}

static bool run(uint64_t seconds, bool tamper)
{
	time_t until = time(NULL) + seconds;
	struct state begin[NAMES];
	bool good = true;

	for (unsigned int name = 0; name < NAMES; name++)
		begin[name] = act_look(&actors[THREADS], name);
	while (good && time(NULL) < until) {
		pthread_barrier_wait(&meeting);
		pthread_barrier_wait(&meeting);
		good = judge(begin, tamper && figures.windows >= 10);
	}
	over = true;
	pthread_barrier_wait(&meeting);
	return good;
}

/* Nothing that was asked for keeps a device from being deleted. */
static bool clear(void)
{
	bool good = true;

	for (unsigned int name = 0; name < TAKEN; name++) {
		struct op op = { .kind = DELETE, .name = name };

		act(&actors[THREADS], &op);
		if (op.err && op.err != ENODEV) {
			printf("model: device %u cannot be deleted: %s\n", name, strerror(op.err));
			good = false;
		}
	}
	return good;
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seconds", required_argument, NULL, 't' },
		{ "seed", required_argument, NULL, 's' },
		{ "tamper", no_argument, NULL, 'x' },
		{ }
	};
	uint64_t seconds = 30, seed = 1;
	pthread_t threads[THREADS];
	bool tamper = false, good;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 't': seconds = wire_number(optarg); break;
		case 's': seed = wire_number(optarg); break;
		case 'x': tamper = true; break;
		default: wire_quit("Usage: model [--seconds N] [--seed N] [--tamper] VDPA_SIM_BLK.KO");
		}
	}
	if (optind + 1 != argc)
		wire_quit("Usage: model [--seconds N] [--seed N] [--tamper] VDPA_SIM_BLK.KO");
	act_module(argv[optind]);
	setvbuf(stdout, NULL, _IOLBF, 0);
	pthread_barrier_init(&meeting, NULL, THREADS + 1);
	for (size_t i = 0; i <= THREADS; i++)
		act_open(&actors[i], seed, i);
	for (size_t i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, work, (void *)i))
			wire_quit("model: no thread");
	good = run(seconds, tamper);
	for (size_t i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	good = clear() && good;
	print_figures();
	return good ? 0 : 2;
}
