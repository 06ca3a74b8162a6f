// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nl_fuzz: sends the generic netlink family vdpa what nobody would send.
 *
 *	nl_fuzz [--seed N] [--messages N] [--from N] [--every N] [--plain] [DEVICE…]
 *
 * Messages are made by the grammar (tests/clients/wire/grammar.c): well-formed, with one thing wrong, or pieces of
 * earlier ones put together. They go over several sockets, which are closed from time to time, also in the middle of
 * dumps. They name devices that are there, and bear descriptions and states that the kernel gave. Each message has a
 * random sequence of its own, from the seed and its number; what it is made of also depends on those before it.
 *
 * Where the kernel has KCOV, messages that went a way through our code that none had gone before are kept, to be
 * changed. What workers do for a request does not count as reached by it.
 *
 *	--every N	a line in the kernel's log each N messages (default 1000): a report there has one before it
 *	--plain		without KCOV, which is not the same each time: then all depends on the kernel's answers alone
 *	DEVICE		is not deleted
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
#include <unistd.h>

#include "wire/kcov.h"
#include "wire/random.h"
#include "wire/talk.h"

#define SOCKETS		4
#define DEVICES_MAX	64	/* that are remembered */
#define DEVICES_MANY	24	/* more are not wanted */
#define CORPUS_MAX	4096
#define PIECES_MAX	64
#define NAME_SIZE	(VDPA_NAME_LEN_MAX + 1)

/* Bytes of a message that is kept; longer ones are sent, but not remembered. */
#define KEPT_MAX	8192

/* A piece of a message: from a reply, or a whole request. */
struct piece {
	uint8_t *bytes;
	size_t len;
};

/* What is remembered. */
static struct {
	struct wire wires[SOCKETS];
	struct wire control;
	char devices[DEVICES_MAX][NAME_SIZE];
	size_t n_devices;
	char **spared;		/* devices that are left alone, up to NULL */
	struct piece descriptions[PIECES_MAX];	/* payloads of MIGRATION */
	size_t n_descriptions;
	struct piece states[PIECES_MAX];	/* attributes of STATE_GET replies */
	size_t n_states;
	struct piece corpus[CORPUS_MAX];
	size_t n_corpus;
	uint64_t features[PIECES_MAX];
	size_t n_features;
} world;

static struct {
	uint64_t sent;
	uint64_t done;
	uint64_t refused;
	uint64_t unsent;
	uint64_t unanswered;	/* that had no answer coming, or whose answer nobody waited for */
	uint64_t lost;
	uint64_t sockets;
	uint64_t digest;	/* of all that was sent (FNV-1a) */
} figures;

static struct wire_random rnd;

static uint32_t below(uint32_t n)
{
	return wire_below(&rnd, n);
}

static bool chance(unsigned int percent)
{
	return wire_chance(&rnd, percent);
}

/* Remembering */

static void keep(struct piece *pieces, size_t *n, size_t max, const void *bytes, size_t len)
{
	struct piece *piece = &pieces[*n < max ? (*n)++ : below(max)];

	if (len > KEPT_MAX)
		return;
	free(piece->bytes);
	piece->bytes = malloc(len ? len : 1);
	if (!piece->bytes)
		wire_quit("out of memory");
	memcpy(piece->bytes, bytes, len);
	piece->len = len;
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
		keep(world.descriptions, &world.n_descriptions, PIECES_MAX, nla_data(nla),
		     nla_len(nla));
		break;
	case VDPA_ATTR_DEV_FEATURES:
	case VDPA_ATTR_DEV_NEGOTIATED_FEATURES:
	case VDPA_ATTR_STATE_FEATURES:
		world.features[world.n_features++ % PIECES_MAX] = nla_get_u64(nla);
		break;
	}
}

static void learn(struct nlmsghdr *nlh, void *unused)
{
	struct genlmsghdr *genl = genlmsg_hdr(nlh);
	struct nlattr *nla;
	int left;

	(void)unused;
	if (genl->cmd == VDPA_CMD_DEV_STATE_GET && chance(50))
		keep(world.states, &world.n_states, PIECES_MAX, genlmsg_attrdata(genl, 0),
		     genlmsg_attrlen(genl, 0));
	nla_for_each_attr(nla, genlmsg_attrdata(genl, 0), genlmsg_attrlen(genl, 0), left)
		learn_attr(genl->cmd, nla);
}

static void fault(const char *what, uint64_t number)
{
	printf("nl_fuzz: message %llu: %s\n", (unsigned long long)number, what);
	exit(2);
}

/* By a request that has to succeed, over a socket that nothing else goes over. */
static void see(uint8_t command, uint64_t number)
{
	struct nl_msg *msg = wire_request(&world.control, command, NLM_F_DUMP);
	struct wire_answer answer;

	wire_ask(&world.control, nlmsg_hdr(msg), learn, NULL, &answer);
	nlmsg_free(msg);
	if (answer.end != WIRE_ANSWERED || answer.err)
		fault("a dump does not succeed any more", number);
}

static void see_devices(uint64_t number)
{
	world.n_devices = 0;
	see(VDPA_CMD_DEV_GET, number);
}

/* Values */

static uint64_t number_of(const struct wire_attr *attr)
{
	size_t bits = 8 * wire_size(attr->type);
	uint64_t mask = UINT64_MAX >> (64 - bits);
	size_t known = world.n_features < PIECES_MAX ? world.n_features : PIECES_MAX;

	if (attr->bits && known && chance(80)) {
		uint64_t features = world.features[below(known)];

		return chance(70) ? features : features ^ 1ULL << below(64);
	}
	switch (below(6)) {
	case 0:
		return attr->max ? attr->max : mask;
	case 1:
		return attr->max ? attr->max + 1 : 0;
	case 2:
		return mask >> below(bits);
	case 3:
		return wire_random(&rnd) & mask;
	default:
		return below(attr->max && attr->max < 64 ? attr->max + 1 : 64);
	}
}

static size_t odd_text(char *text, size_t max)
{
	size_t len;

	switch (below(5)) {
	case 0:
		return 0;
	case 1:
		len = max + below(3);
		break;
	case 2:
		strcpy(text, chance(50) ? ".." : "a/b");
		return strlen(text);
	default:
		len = below(max + 1);
	}
	for (size_t i = 0; i < len; i++)
		text[i] = chance(90) ? 'a' + below(26) : wire_random(&rnd);
	return len;
}

static size_t name_of_device(char *text)
{
	if (world.n_devices && chance(75))
		return sprintf(text, "%s", world.devices[below(world.n_devices)]);
	if (chance(80))
		return sprintf(text, "f%u", below(DEVICES_MANY));
	return odd_text(text, VDPA_NAME_LEN_MAX);
}

/* What strings of a description are made of, so that some of them mean something. */
static const char *const words[] = {
	"u64",
	"bitmask",
	"string",
	"set",
	"range",
	"version",
	"equal",
	"superset",
	"at-least",
	"at-most",
	"contains",
	"info",
	"device_api",
	"parent",
	"software_version",
	"device_features",
	"max_vqs",
	"vq_size",
	"mac",
	"mtu",
	"virtio-net",
	"vdpa_sim_net",
	"1.0.0",
	"1.2.3",
	"4294967295.0.1",
	"1.0.0-1.9.9,2.1.0-",
	"2.0.2-",
	"-",
	",",
};

static size_t text_of(const struct wire_attr *attr, char *text)
{
	/* The simulated ones, and those of the tests' own parent. */
	static const char *const parents[] = {
		"vdpasim_net",	"vdpasim_blk",	  "vdpatest_net", "vdpatest_blk",
		"vdpatest_odd", "vdpatest_multi", "vdpatest_mig", "vdpatest_bus.0",
	};

	switch (attr->number) {
	case VDPA_ATTR_MGMTDEV_DEV_NAME:
		if (attr->type == WIRE_NAME && chance(90))
			return sprintf(text, "%s",
				       parents[below(chance(60) ? 2 : ARRAY_SIZE(parents))]);
		break;
	case VDPA_ATTR_MGMTDEV_BUS_NAME:
		if (attr->type == WIRE_STRING && !attr->max && chance(80))
			return sprintf(text, "platform");
		break;
	case VDPA_ATTR_DEV_NAME:
		if (attr->max != VDPA_MIGRATION_RULE_MAX && chance(95))
			return name_of_device(text);
		break;
	}
	if (chance(70))
		return sprintf(text, "%s", words[below(ARRAY_SIZE(words))]);
	return odd_text(text, attr->max ? attr->max : 32);
}

static void put_attr(struct nl_msg *msg, const struct wire_attr *attr);

/* Some of what can be nested there, some of it several times. */
static void put_nested(struct nl_msg *msg, const struct wire_attr *attr)
{
	struct nlattr *nest = nla_nest_start(msg, attr->number);

	if (!nest)
		return;
	for (const struct wire_attr *in = attr->nest; in->name; in++)
		for (unsigned int n = chance(80); n;
		     n = chance(in->nest || !attr->nest[1].name ? 60 : 3))
			put_attr(msg, in);
	nla_nest_end(msg, nest);
}

/* What the kernel told, as it is; returns false where there is nothing. */
static bool put_known(struct nl_msg *msg, const struct wire_attr *attr)
{
	const struct piece *piece;

	if (attr->number != VDPA_ATTR_MIGRATION || !world.n_descriptions || chance(25))
		return false;
	piece = &world.descriptions[below(world.n_descriptions)];
	nla_put(msg, attr->number | NLA_F_NESTED, piece->len, piece->bytes);
	return true;
}

/* A message that is full stays as it is: nobody looks at what putting returns. */
static void put_attr(struct nl_msg *msg, const struct wire_attr *attr)
{
	static uint8_t bytes[4096];
	char text[512];
	uint64_t value;
	size_t len;

	switch (attr->type) {
	case WIRE_NEST:
		if (!put_known(msg, attr))
			put_nested(msg, attr);
		return;
	case WIRE_STRING:
	case WIRE_NAME:
		len = text_of(attr, text);
		text[len] = '\0';
		nla_put(msg, attr->number, len + (attr->type == WIRE_STRING || chance(80)), text);
		return;
	case WIRE_BINARY:
		len = below(chance(20) ? sizeof(bytes) : 64);
		for (size_t i = 0; i < len; i++)
			bytes[i] = wire_random(&rnd);
		nla_put(msg, attr->number, len, bytes);
		return;
	case WIRE_FLAG:
		nla_put(msg, attr->number, 0, NULL);
		return;
	case WIRE_MAC:
		value = wire_random(&rnd) & (chance(80) ? ~1ULL : ~0ULL);
		nla_put(msg, attr->number, 6, &value);
		return;
	default:
		value = number_of(attr);
		nla_put(msg, attr->number, wire_size(attr->type), &value);
	}
}

/* Requests */

/* Most parents are on no bus. */
static unsigned int percent_of(const struct wire_use *use)
{
	if (use->attr == VDPA_ATTR_MGMTDEV_BUS_NAME)
		return 5;
	return use->when == WIRE_ALWAYS ? 98 : 40;
}

static void put_uses(struct nl_msg *msg, const struct wire_use *uses)
{
	for (; uses->attr; uses++)
		for (unsigned int n = chance(percent_of(uses)); n;
		     n = chance(uses->when == WIRE_MANY ? 60 : 1))
			put_attr(msg, wire_attr(wire_attrs, uses->attr));
}

/* A state goes to a device of now, in one request or several. */
static bool put_state(struct nl_msg *msg)
{
	const struct piece *piece;

	if (!world.n_states || chance(30))
		return false;
	put_attr(msg, wire_attr(wire_attrs, VDPA_ATTR_DEV_NAME));
	piece = &world.states[below(world.n_states)];
	nlmsg_append(msg, piece->bytes, piece->len, 0);
	if (chance(40))
		nla_put(msg, VDPA_ATTR_STATE_END, 0, NULL);
	return true;
}

static struct nl_msg *well_formed(struct wire *wire, const struct wire_command *command)
{
	bool dump = command->dump && (!command->one || chance(30));
	struct nl_msg *msg = wire_request(wire, command->number, dump ? NLM_F_DUMP : NLM_F_ACK);

	if (dump)
		put_uses(msg, command->dump_request);
	else if (command->number != VDPA_CMD_DEV_STATE_SET || !put_state(msg))
		put_uses(msg, command->request);
	return msg;
}

/* As often as it takes for devices to come, to be used and to go. */
static const struct wire_command *any_command(void)
{
	if (world.n_devices > DEVICES_MANY && chance(50))
		return wire_command(VDPA_CMD_DEV_DEL);
	return &wire_commands[below(wire_commands_n)];
}

static struct nlattr *any_attr(struct nlmsghdr *nlh)
{
	struct nlattr *nla, *found = NULL;
	unsigned int n = 0;
	int left;

	nlmsg_for_each_attr(nla, nlh, GENL_HDRLEN, left)
		if (!below(++n))
			found = nla;
	/* Inside a nest there are more of them than outside. */
	while (found && nla_type(found) && wire_attr(wire_attrs, nla_type(found)) &&
	       wire_attr(wire_attrs, nla_type(found))->nest && chance(70)) {
		struct nlattr *inner = NULL;

		n = 0;
		nla_for_each_nested(nla, found, left)
			if (!below(++n))
				inner = nla;
		if (!inner)
			break;
		found = inner;
		if (chance(50))
			break;
	}
	return found;
}

/* One thing about one attribute, lengths and all else around it left as they are. */
static void spoil_attr(struct nlmsghdr *nlh)
{
	struct nlattr *nla = any_attr(nlh);
	int len;

	if (!nla)
		return;
	len = nla_len(nla);
	switch (below(8)) {
	case 0:
		nla->nla_len += chance(50) ? 1 : -1;
		break;
	case 1:
		nla->nla_len = wire_random(&rnd);
		break;
	case 2:
		nla->nla_type ^= NLA_F_NESTED;
		break;
	case 3:
		nla->nla_type ^= NLA_F_NET_BYTEORDER;
		break;
	case 4:
		nla->nla_type = below(VDPA_ATTR_LAST + 4);
		break;
	case 5:
		if (len)
			((uint8_t *)nla_data(nla))[below(len)] ^= 1 << below(8);
		break;
	case 6:
		if (len)
			((uint8_t *)nla_data(nla))[len - 1] = 'x';
		break;
	default:
		nla->nla_len = NLA_HDRLEN;
	}
}

static void spoil_bytes(struct nlmsghdr *nlh)
{
	size_t len = nlh->nlmsg_len > NLMSG_HDRLEN ? nlh->nlmsg_len - NLMSG_HDRLEN : 0;

	for (unsigned int n = 1 + below(8); len && n; n--)
		((uint8_t *)nlmsg_data(nlh))[below(len)] ^= 1 << below(8);
}

/* The header of the family, or flags. Never the message's type: other families are not ours to try. */
static void spoil_header(struct nlmsghdr *nlh)
{
	struct genlmsghdr *genl = nlmsg_data(nlh);

	switch (below(5)) {
	case 0:
		genl->cmd = wire_random(&rnd);
		break;
	case 1:
		genl->version = wire_random(&rnd);
		break;
	case 2:
		genl->reserved = wire_random(&rnd);
		break;
	case 3:
		nlh->nlmsg_flags ^= 1 << below(12);
		break;
	default:
		nlh->nlmsg_len = NLMSG_HDRLEN + below(nlh->nlmsg_len - NLMSG_HDRLEN + 1);
	}
}

/* An attribute twice, or one that has no business there. */
static void spoil_set(struct nl_msg *msg)
{
	struct nlattr *nla = any_attr(nlmsg_hdr(msg));

	if (nla && chance(50)) {
		static uint8_t copy[KEPT_MAX];
		size_t len = nla_len(nla) < KEPT_MAX ? nla_len(nla) : KEPT_MAX;

		memcpy(copy, nla_data(nla), len);
		nla_put(msg, nla->nla_type, len, copy);
	} else {
		const struct wire_attr *attr;

		do
			attr = wire_attr(wire_attrs, 1 + below(VDPA_ATTR_LAST));
		while (!attr);
		put_attr(msg, attr);
	}
}

static void spoil(struct nl_msg *msg)
{
	unsigned int what = below(100);

	if (what < 50)
		spoil_attr(nlmsg_hdr(msg));
	else if (what < 70)
		spoil_set(msg);
	else if (what < 85)
		spoil_header(nlmsg_hdr(msg));
	else
		spoil_bytes(nlmsg_hdr(msg));
}

/* One that was worth keeping, or the attributes of two. */
static struct nl_msg *from_corpus(struct wire *wire)
{
	const struct piece *piece = &world.corpus[below(world.n_corpus)];
	const struct nlmsghdr *kept = (const struct nlmsghdr *)piece->bytes;
	const struct genlmsghdr *genl = (const struct genlmsghdr *)(piece->bytes + NLMSG_HDRLEN);
	struct nl_msg *msg = wire_request(wire, genl->cmd, kept->nlmsg_flags);

	nlmsg_append(msg, (void *)(genl + 1), piece->len - NLMSG_HDRLEN - GENL_HDRLEN, 0);
	if (chance(20)) {
		piece = &world.corpus[below(world.n_corpus)];
		nlmsg_append(msg, piece->bytes + NLMSG_HDRLEN + GENL_HDRLEN,
			     piece->len - NLMSG_HDRLEN - GENL_HDRLEN, 0);
	}
	return msg;
}

static struct nl_msg *make(struct wire *wire)
{
	struct nl_msg *msg;

	msg = world.n_corpus && chance(40) ? from_corpus(wire) : well_formed(wire, any_command());
	for (unsigned int n = chance(45); n; n = chance(25))
		spoil(msg);
	return msg;
}

/* Sending */

/* A request that asks for one; a dump is one with both of its bits, each alone means nothing here. */
static bool has_answer(const struct nlmsghdr *nlh)
{
	uint16_t flags = nlh->nlmsg_flags;

	return nlh->nlmsg_len >= NLMSG_HDRLEN && flags & NLM_F_REQUEST &&
	       (flags & NLM_F_ACK || (flags & NLM_F_DUMP) == NLM_F_DUMP);
}

static void print_message(const struct nlmsghdr *nlh)
{
	for (uint32_t i = 0; i < nlh->nlmsg_len; i++)
		printf("%02x%c", ((const uint8_t *)nlh)[i], i % 32 == 31 ? '\n' : ' ');
	putchar('\n');
}

static void count(const struct wire_answer *answer, const struct nlmsghdr *nlh, uint64_t number)
{
	switch (answer->end) {
	case WIRE_SILENT:
		print_message(nlh);
		fault("no answer", number);
		break;
	case WIRE_UNSENT:
		figures.unsent++;
		break;
	case WIRE_LOST:
		figures.lost++;
		break;
	default:
		*(answer->err ? &figures.refused : &figures.done) += 1;
	}
}

/* A socket that has gone takes with it what was asked over it. */
static void replace(struct wire *wire)
{
	wire_reopen(wire);
	figures.sockets++;
}

/* The header of netlink has numbers of the process in it. */
static void digest(const struct nlmsghdr *nlh)
{
	const uint8_t *bytes = nlmsg_data(nlh);

	for (uint32_t i = 0; i + NLMSG_HDRLEN < nlh->nlmsg_len; i++)
		figures.digest = (figures.digest ^ bytes[i]) * 0x100000001b3ULL;
}

/* A deletion of what somebody has open waits until that one closes it, who does not: it becomes a question. */
static void spare(struct nlmsghdr *nlh)
{
	struct genlmsghdr *genl = nlmsg_data(nlh);
	size_t len = nlh->nlmsg_len - NLMSG_HDRLEN;

	if (nlh->nlmsg_len < NLMSG_HDRLEN + GENL_HDRLEN || genl->cmd != VDPA_CMD_DEV_DEL)
		return;
	for (char **spared = world.spared; *spared; spared++)
		if (memmem(genl, len, *spared, strlen(*spared)))
			genl->cmd = VDPA_CMD_DEV_GET;
}

static void send_one(uint64_t number)
{
	struct wire *wire = &world.wires[below(SOCKETS)];
	struct nl_msg *msg = make(wire);
	struct nlmsghdr *nlh = nlmsg_hdr(msg);
	/* For what has no answer the next request on the socket has to wait; for some others nobody waits, either. */
	bool wait = has_answer(nlh) && !chance(3);
	struct wire_answer answer;
	size_t news;

	spare(nlh);
	digest(nlh);
	wire_kcov_begin();
	if (wire_send(wire, nlh, &answer) && wait)
		wire_receive(wire, nlh->nlmsg_seq, learn, NULL, &answer);
	news = wire_kcov_end();
	figures.sent++;
	if (wait || answer.end == WIRE_UNSENT)
		count(&answer, nlh, number);
	else
		figures.unanswered++;
	if (news && nlh->nlmsg_len > NLMSG_HDRLEN + GENL_HDRLEN)
		keep(world.corpus, &world.n_corpus, CORPUS_MAX, nlh, nlh->nlmsg_len);
	/* A dump may be under way, or what it says about an earlier one be unread. */
	if (!wait || answer.end != WIRE_ANSWERED || chance(1))
		replace(wire);
	nlmsg_free(msg);
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

static void tell(bool kcov)
{
	const struct {
		const char *name;
		uint64_t value;
	} values[] = {
		{ "messages", figures.sent },	{ "done", figures.done },
		{ "refused", figures.refused }, { "unsent", figures.unsent },
		{ "unanswered", figures.unanswered }, { "lost", figures.lost },
		{ "sockets", figures.sockets }, { "corpus", world.n_corpus },
		{ "places", wire_kcov_reached() },
	};

	/* Without KCOV the last one is not known. */
	for (size_t i = 0; i < ARRAY_SIZE(values) - !kcov; i++)
		printf("%s %llu ", values[i].name, (unsigned long long)values[i].value);
	printf("digest %016llx\n", (unsigned long long)figures.digest);
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "seed", required_argument, NULL, 's' },
		{ "messages", required_argument, NULL, 'm' },
		{ "from", required_argument, NULL, 'f' },
		{ "every", required_argument, NULL, 'e' },
		{ "plain", no_argument, NULL, 'P' },
		{ }
	};
	uint64_t seed = 1, messages = 10000, from = 0, every = 1000;
	int c, log = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
	bool kcov = true;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 's': seed = wire_number(optarg); break;
		case 'm': messages = wire_number(optarg); break;
		case 'f': from = wire_number(optarg); break;
		case 'e': every = wire_number(optarg); break;
		case 'P': kcov = false; break;
		default: wire_quit("nl_fuzz: usage: see its source");
		}
	}
	if (log < 0 || !every)
		wire_quit("nl_fuzz: no kernel log to write to");
	world.spared = argv + optind;
	kcov = kcov && wire_kcov_open();
	for (size_t i = 0; i < SOCKETS; i++)
		wire_open(&world.wires[i]);
	wire_open(&world.control);

	rnd = wire_random_start(seed, from);
	see(VDPA_CMD_DEV_MIGRATION_GET, from);
	see(VDPA_CMD_MGMTDEV_MIGRATION_GET, from);
	see(VDPA_CMD_DEV_CONFIG_GET, from);
	for (uint64_t number = from; number < from + messages; number++) {
		rnd = wire_random_start(seed, number);
		if (!(number % every))
			note(log, seed, number);
		if (number % 32 == 0)
			see_devices(number);
		send_one(number);
	}
	clean_up(from + messages);
	printf("seed %llu ", (unsigned long long)seed);
	tell(kcov);
	return 0;
}
