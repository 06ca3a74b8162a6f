// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nl_fuzz: sends the generic netlink family vdpa what nobody would send.
 *
 *	nl_fuzz [OPTION…] [DEVICE…]
 *
 * Messages are made by the grammar (tests/clients/wire/grammar.c): well-formed, with one thing wrong, or pieces of earlier
 * ones put together. 64 go at once, over one of several sockets, which are closed from time to time, also in the middle of
 * dumps. They name devices that are there, and bear descriptions and states that the kernel gave. Each message has a
 * random sequence of its own, from the seed and its number; what it is made of also depends on those before it. After 256
 * messages it looks whether all devices can be listed.
 *
 * Where our modules count what they reach (GCOV_PROFILE=y), messages that reached what none had reached before are kept, to
 * be sent again with changes.
 *
 *	--seed N	another one makes other messages (default 1)
 *	--messages N	so many (default 10000)
 *	--seconds N	instead: for so long
 *	--from N	the number of the first one
 *	--every N	a line in the kernel's log each N messages (default 1024): a report there has one before it
 *	--at-once N	instead of 64
 *	--one-by-one	--at-once 1
 *	--plain		whatever is reached, which is not the same each time: then all depends on the kernel's answers alone
 *	--record FILE	what is sent is in that file, and in FILE.before: the last 4 MB at least
 *	--replay FILE	sends what is in such a file, instead of anything else; with --one-by-one it says what it sends
 *	DEVICE		keeps its driver and is not deleted
 *
 * A fault of the kernel that came of some of 64 messages is found so: --replay FILE.before, --replay FILE, the latter
 * --one-by-one.
 *
 * At the end it deletes all devices but those. The last line has the figures, and a digest of what was sent. Exit
 * status: 0 the kernel has answered all that it had to answer, 1 usage, 2 it has not.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fuzz.h"

/* Messages between two looks at all devices */
#define LOOK_EVERY	256

#define GCOV		"/sys/kernel/debug/gcov"

struct world world;
struct figures figures;

/* Remembering */

/* Instead of what it had. */
void keep(struct piece *piece, const void *bytes, size_t len)
{
	free(piece->bytes);
	piece->bytes = malloc(len ? len : 1);
	if (!piece->bytes)
		wire_quit("out of memory");
	memcpy(piece->bytes, bytes, len);
	piece->len = len;
}

/* As one of up to PIECES_MAX. */
static void keep_one(struct piece *pieces, size_t *n, const void *bytes, size_t len)
{
	if (len <= KEPT_MAX)
		keep(&pieces[*n < PIECES_MAX ? (*n)++ : below(PIECES_MAX)], bytes, len);
}

static void learn_attr(uint8_t command, struct nlattr *nla)
{
	switch (nla_type(nla)) {
	case VDPA_ATTR_DEV_NAME:
		if (command == VDPA_CMD_DEV_NEW && world.n_devices < DEVICES_MAX)
			snprintf(world.devices[world.n_devices++], NAME_SIZE, "%.*s", nla_len(nla),
				 (const char *)nla_data(nla));
		break;
	case VDPA_ATTR_MIGRATION:
		keep_one(world.descriptions, &world.n_descriptions, nla_data(nla), nla_len(nla));
		break;
	case VDPA_ATTR_DEV_FEATURES:
	case VDPA_ATTR_DEV_NEGOTIATED_FEATURES:
	case VDPA_ATTR_STATE_FEATURES:
		world.features[world.n_features++ % PIECES_MAX] = nla_get_u64(nla);
		break;
	}
}

void learn(struct nlmsghdr *nlh)
{
	struct genlmsghdr *genl = genlmsg_hdr(nlh);
	struct nlattr *nla;
	int left;

	if (genl->cmd == VDPA_CMD_DEV_STATE_GET && chance(50))
		keep_one(world.states, &world.n_states, genlmsg_attrdata(genl, 0), genlmsg_attrlen(genl, 0));
	nla_for_each_attr(nla, genlmsg_attrdata(genl, 0), genlmsg_attrlen(genl, 0), left)
		learn_attr(genl->cmd, nla);
}

static void fault(const char *what, uint64_t number)
{
	printf("nl_fuzz: message %llu: %s\n", (unsigned long long)number, what);
	exit(2);
}

static void learn_too(struct nlmsghdr *nlh, void *unused)
{
	(void)unused;
	learn(nlh);
}

/* By a request that has to succeed, over a socket that nothing else goes over. */
static void see(uint8_t command, uint64_t number)
{
	struct nl_msg *msg = wire_request(&world.control, command, NLM_F_DUMP);
	struct wire_answer answer;

	wire_ask(&world.control, nlmsg_hdr(msg), learn_too, NULL, &answer);
	nlmsg_free(msg);
	if (answer.end != WIRE_ANSWERED || answer.err)
		fault("a dump does not succeed any more", number);
}

static void see_devices(uint64_t number)
{
	world.n_devices = 0;
	see(VDPA_CMD_DEV_GET, number);
}

static void note(int log, uint64_t seed, uint64_t number)
{
	char line[128];
	int len = snprintf(line, sizeof(line), "nl_fuzz: seed %llu, message %llu\n",
			   (unsigned long long)seed, (unsigned long long)number);

	if (write(log, line, len) != len)
		wire_quit("/dev/kmsg: %s", strerror(errno));
}

static bool is_spared(const char *name)
{
	for (char **spared = world.spared; *spared; spared++)
		if (!strcmp(*spared, name))
			return true;
	return false;
}

/* All devices can be deleted, and are. */
static void clean_up(uint64_t number)
{
	see_devices(number);
	for (size_t i = 0; i < world.n_devices; i++) {
		struct nl_msg *msg = wire_request(&world.control, VDPA_CMD_DEV_DEL, NLM_F_ACK);
		struct wire_answer answer;

		if (is_spared(world.devices[i])) {
			nlmsg_free(msg);
			continue;
		}
		wire_put_string(msg, VDPA_ATTR_DEV_NAME, world.devices[i]);
		wire_ask(&world.control, nlmsg_hdr(msg), NULL, NULL, &answer);
		nlmsg_free(msg);
		/* One that a request nobody has waited for deletes is about to go. */
		if (answer.end != WIRE_ANSWERED ||
		    (answer.err && answer.err != ENODEV && answer.err != EBUSY)) {
			printf("nl_fuzz: %s cannot be deleted: %s\n", world.devices[i],
			       answer.message);
			exit(2);
		}
	}
}

static void tell(void)
{
	const struct {
		const char *name;
		uint64_t value;
	} values[] = {
		{ "messages", figures.sent },	{ "batches", figures.batches },
		{ "done", figures.done },	{ "refused", figures.refused },
		{ "busy", figures.busy },	{ "unsent", figures.unsent },
		{ "unanswered", figures.unanswered }, { "lost", figures.lost },
		{ "sockets", figures.sockets }, { "corpus", corpus_size() },
	};

	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		printf("%s %llu ", values[i].name, (unsigned long long)values[i].value);
	reached_tell();
	printf("digest %016llx\n", (unsigned long long)figures.digest);
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

struct options {
	uint64_t seed;
	uint64_t from;
	uint64_t messages;
	uint64_t seconds;
	uint64_t every;
	uint64_t at_once;
	bool plain;
	const char *replay;
};

static void learn_all(uint64_t number)
{
	see(VDPA_CMD_DEV_MIGRATION_GET, number);
	see(VDPA_CMD_MGMTDEV_MIGRATION_GET, number);
	see(VDPA_CMD_DEV_CONFIG_GET, number);
	see_devices(number);
}

/* Whether the @before messages have become @after, and one in @every of them was passed. */
static bool passed(uint64_t before, uint64_t after, uint64_t every)
{
	return before / every != after / every;
}

/* Returns the number of the message that would be next. */
static uint64_t run(const struct options *o, int log)
{
	double until = now() + o->seconds;
	uint64_t number = o->from;
	static struct batch batch;

	world.rnd = wire_random_start(o->seed, number);
	learn_all(number);
	note(log, o->seed, number);
	while (o->seconds ? now() < until : number < o->from + o->messages) {
		uint64_t left = o->seconds ? o->at_once : o->from + o->messages - number;

		world.rnd = wire_random_start(o->seed, ~number);
		batch_make(&batch, &world.wires[below(SOCKETS)], o->seed, number,
			   left < o->at_once ? left : o->at_once);
		batch_send(&batch, !chance(3));
		if (passed(number, number + batch.n, o->every))
			note(log, o->seed, number);
		if (passed(number, number + batch.n, LOOK_EVERY))
			see_devices(number);
		number += batch.n;
	}
	return number;
}

static struct options read_options(int argc, char **argv)
{
	static const struct option names[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "messages", required_argument, NULL, 'm' },
		{ "seconds", required_argument, NULL, 't' },
		{ "from", required_argument, NULL, 'f' },
		{ "every", required_argument, NULL, 'e' },
		{ "at-once", required_argument, NULL, 'n' },
		{ "one-by-one", no_argument, NULL, '1' },
		{ "plain", no_argument, NULL, 'P' },
		{ "record", required_argument, NULL, 'r' },
		{ "replay", required_argument, NULL, 'R' },
		{ }
	};
	struct options o = { .seed = 1, .messages = 10000, .every = 1024, .at_once = BATCH_MAX };
	int c;

	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (c) {
		case 's': o.seed = wire_number(optarg); break;
		case 'm': o.messages = wire_number(optarg); break;
		case 't': o.seconds = wire_number(optarg); break;
		case 'f': o.from = wire_number(optarg); break;
		case 'e': o.every = wire_number(optarg); break;
		case 'n': o.at_once = wire_number(optarg); break;
		case '1': o.at_once = 1; break;
		case 'P': o.plain = true; break;
		case 'r': record_open(optarg); break;
		case 'R': o.replay = optarg; break;
		default: o.at_once = 0;
		}
	}
	if (!o.every || !o.at_once || o.at_once > BATCH_MAX) {
		fputs("nl_fuzz: usage: see tests/fuzz/kernel/main.c\n", stderr);
		exit(1);
	}
	return o;
}

int main(int argc, char **argv)
{
	struct options o = read_options(argc, argv);
	int log = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	double began = now();
	uint64_t end;

	if (log < 0)
		wire_quit("nl_fuzz: no kernel log to write to");
	world.spared = argv + optind;
	for (size_t i = 0; i < SOCKETS; i++)
		wire_open(&world.wires[i]);
	wire_open(&world.control);
	if (!o.plain && !o.replay)
		reached_open(GCOV);

	end = o.replay ? replay(o.replay, o.at_once) : run(&o, log);
	began = now() - began;
	clean_up(end);
	printf("seed %llu seconds %.1f rate %.0f/s ", (unsigned long long)o.seed, began, figures.sent / began);
	tell();
	return 0;
}
