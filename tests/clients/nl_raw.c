// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * nl_raw: sends requests of the generic netlink family vdpa, byte for byte as given, even if
 * malformed, and prints all replies. Each request waits for the answer to the one before.
 *
 *	nl_raw [OPTION…] COMMAND [ATTRIBUTE…] [--next [OPTION…] COMMAND …]
 *	nl_raw --repeat N [OPTION…] COMMAND … [--next …]
 *	nl_raw --around PROGRAM [ARGUMENT…]
 *	nl_raw --port N …
 *	nl_raw --room N …
 *
 * The second form sends the requests N times over, and stops at the first that
 * is refused.
 *
 * With --port its socket has port N, and it fails (status 5) where something comes within a second after the
 * last answer, or comes that its request is not answered by.
 *
 * With --room it takes messages of up to N bytes, instead of 4096: a state's are larger.
 *
 * The third form sends nothing but dumps, before and after it runs PROGRAM, and
 * ends with that one's exit status if they are the same.
 *
 * COMMAND is a name (dev-get, dev-new, …) or a number. An ATTRIBUTE is
 * TYPE:FORM[:VALUE]. TYPE is a name without VDPA_ATTR_ (DEV_NAME, …) or a number.
 *
 *	FORM	VALUE
 *	str	text, sent with its terminating NUL
 *	raw	text, sent without one
 *	hex	bytes as pairs of hexadecimal digits
 *	fill	number of 'a' sent, followed by a NUL
 *	u8 u16 u32 u64	number
 *	names	texts with a comma between them: a nest of as many DEV_NAME
 *	range	FIRST-LAST or FIRST-LAST-ASID: a nest of DIRTY_FIRST, _LAST and _ASID; or FIRST alone
 *	none	nothing: an attribute without payload
 *
 *	--dump		ask for a dump
 *	--version N	version in the generic netlink header (default 1)
 *	--pad BYTE	fill the padding behind attributes with BYTE (default 0)
 *	--no-tail	leave out the padding behind the last attribute
 *	--cut N		send without the last N bytes, the length field as sent
 *	--attr-len N	write N into the last attribute's length field
 *	--timeout MS	give up when MS milliseconds bring no answer
 *	--between CMD	run the shell command CMD after the first part of the answer
 *	--time		print took_us=N, from before it is sent until its answer is there
 *	--unheard	do not wait for the answer
 *	--copies N	the same request N times over, in one send; their answers are not waited for
 *	--unchanged	dump everything before and after, and fail if it is not the same
 *
 * Replies are printed one attribute a line, NAME=value, an empty line behind
 * each reply. At the end comes the verdict:
 *
 *	errno=NAME	ENODEV, …, or 0
 *	message=TEXT	the extended ack's message, where there is one
 *	attribute=NAME	the attribute the extended ack points at
 *	missing=NAME	the attribute it finds missing
 *	interrupted=1	a dump's set changed on the way
 *
 * Exit status: 0 done, 1 usage, 2 the kernel refused (the last request), 3 no
 * answer in time, 4 something changed, 5 somebody else's answer.
 */

#define _GNU_SOURCE	/* strerrorname_np() */

#include <errno.h>
#include <getopt.h>
#include <linux/genetlink.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "wire/talk.h"

#define MSG_SIZE	16384
#define RECEIVE_SIZE	4096	/* small, so that a dump comes in many parts */
#define MAX_ATTRS	1024

struct request {
	union {
		struct nlmsghdr nlh;
		uint8_t bytes[MSG_SIZE];
	} msg;
	size_t len;
	struct {
		size_t offset;		/* from the start of the netlink header */
		uint16_t type;
	} attrs[MAX_ATTRS];
	size_t nattrs;
	size_t tail;			/* padding behind the last attribute */
};

struct options {
	bool dump;
	uint8_t version;
	uint8_t pad;
	bool no_tail;
	size_t cut;
	long attr_len;			/* -1: the true one */
	int timeout_ms;			/* 0: none */
	const char *between;		/* NULL: nothing */
	bool unchanged;
	bool unheard;
	unsigned long copies;
	bool time;
};

static _Noreturn void usage(const char *why)
{
	fprintf(stderr, "nl_raw: %s\n", why);
	exit(1);
}

static _Noreturn void broken(const char *what)
{
	fprintf(stderr, "nl_raw: %s\n", what);
	exit(3);
}

static unsigned long long to_number(const char *text, unsigned long long max)
{
	unsigned long long value = wire_number(text);

	if (value > max)
		usage("a number is too large");

	return value;
}

static uint16_t attr_type(const char *text)
{
	const struct wire_attr *attr = wire_attr_named(text);

	return attr ? attr->number : to_number(text, UINT16_MAX);
}

static void print_attr_name(const char *key, uint16_t type)
{
	const struct wire_attr *attr = wire_attr(wire_attrs, type);

	if (attr)
		printf("%s=%s\n", key, attr->name);
	else
		printf("%s=%u\n", key, type);
}

static uint8_t command(const char *text)
{
	const struct wire_command *command = wire_command_named(text);

	if (!strcmp(text, "mgmtdev-new"))
		return VDPA_CMD_MGMTDEV_NEW;	/* only in replies */

	return command ? command->number : to_number(text, UINT8_MAX);
}

/* Building the request */

static void append(struct request *req, const void *data, size_t len)
{
	if (len > sizeof(req->msg.bytes) - req->len)
		usage("request too long");
	memcpy(req->msg.bytes + req->len, data, len);
	req->len += len;
}

static size_t put_integer(uint8_t *out, const char *text, unsigned int bits)
{
	unsigned long long value = to_number(text, UINT64_MAX >> (64 - bits));
	size_t len = bits / 8;

	/* little end first, as on every machine these tests run on */
	for (size_t i = 0; i < len; i++)
		out[i] = value >> (8 * i);

	return len;
}

static size_t put_hex(uint8_t *out, const char *text)
{
	size_t len = strlen(text) / 2;

	if (strlen(text) % 2 || len > MSG_SIZE)
		usage("bad hexadecimal bytes");
	for (size_t i = 0; i < len; i++) {
		char pair[] = { text[2 * i], text[2 * i + 1], '\0' };
		char *end;

		out[i] = strtoul(pair, &end, 16);
		if (*end)
			usage("bad hexadecimal bytes");
	}

	return len;
}

static size_t put_text(uint8_t *out, const char *text, size_t extra)
{
	size_t len = strlen(text) + extra;

	if (len > MSG_SIZE)
		usage("request too long");
	memcpy(out, text, len);

	return len;
}

static size_t put_fill(uint8_t *out, const char *text)
{
	size_t len = to_number(text, MSG_SIZE - 1);

	memset(out, 'a', len);
	out[len] = '\0';

	return len + 1;
}

/* Adds each as an attribute of its own, with its padding. */
static size_t put_range(uint8_t *out, const char *range)
{
	static const uint16_t types[] = { VDPA_ATTR_DIRTY_FIRST, VDPA_ATTR_DIRTY_LAST, VDPA_ATTR_DIRTY_ASID };
	size_t at = 0;
	char *end;

	for (size_t i = 0; i < ARRAY_SIZE(types) && *range; i++) {
		uint64_t value = strtoull(range, &end, 0);
		struct nlattr nla = {
			NLA_HDRLEN + (types[i] == VDPA_ATTR_DIRTY_ASID ? sizeof(uint32_t) : sizeof(value)),
			types[i],
		};

		if (end == range || (*end && *end != '-'))
			usage("a range that is none");
		memcpy(out + at, &nla, sizeof(nla));
		memcpy(out + at + NLA_HDRLEN, &value, nla.nla_len - NLA_HDRLEN);
		at += nla.nla_len;
		range = end + (*end == '-');
	}
	return at;
}

static size_t put_names(uint8_t *out, const char *names)
{
	size_t at = 0;

	while (*names) {
		size_t len = strcspn(names, ",");
		struct nlattr nla = { NLA_HDRLEN + len + 1, VDPA_ATTR_DEV_NAME };

		if (at + NLA_ALIGN(nla.nla_len) > MSG_SIZE)
			usage("request too long");
		memset(out + at, 0, NLA_ALIGN(nla.nla_len));
		memcpy(out + at, &nla, sizeof(nla));
		memcpy(out + at + NLA_HDRLEN, names, len);
		at += NLA_ALIGN(nla.nla_len);
		names += len + (names[len] == ',');
	}

	return at;
}

static size_t put_value(uint8_t *out, const char *form, const char *value)
{
	if (!strcmp(form, "none"))
		return 0;
	if (!strcmp(form, "str"))
		return put_text(out, value, 1);
	if (!strcmp(form, "raw"))
		return put_text(out, value, 0);
	if (!strcmp(form, "hex"))
		return put_hex(out, value);
	if (!strcmp(form, "fill"))
		return put_fill(out, value);
	if (!strcmp(form, "names"))
		return put_names(out, value);
	if (!strcmp(form, "range"))
		return put_range(out, value);
	if (!strcmp(form, "u8"))
		return put_integer(out, value, 8);
	if (!strcmp(form, "u16"))
		return put_integer(out, value, 16);
	if (!strcmp(form, "u32"))
		return put_integer(out, value, 32);
	if (!strcmp(form, "u64"))
		return put_integer(out, value, 64);
	usage("unknown form of an attribute");
}

static void note_attr(struct request *req, size_t offset, uint16_t type)
{
	if (req->nattrs == MAX_ATTRS)
		usage("too many attributes");
	req->attrs[req->nattrs].offset = offset;
	req->attrs[req->nattrs++].type = type;
}

/* Records the attributes, to print the name of the one at fault. */
static void note_nested(struct request *req, size_t offset, size_t end)
{
	while (offset < end) {
		const struct nlattr *nla = (const struct nlattr *)(req->msg.bytes + offset);

		note_attr(req, offset, nla->nla_type);
		offset += NLA_ALIGN(nla->nla_len);
	}
}

static void add_attr(struct request *req, const char *text, const struct options *opts)
{
	char *words = strdup(text);	/* which strtok() cuts to pieces */
	char *type = strtok(words, ":"), *form = strtok(NULL, ":");
	char *value = strtok(NULL, "");
	static uint8_t payload[MSG_SIZE];
	struct nlattr nla;
	size_t len;
	bool nest;

	if (!form)
		usage("an attribute is TYPE:FORM[:VALUE]");

	nest = !strcmp(form, "names") || !strcmp(form, "range");
	len = put_value(payload, form, value ? value : "");
	nla.nla_type = attr_type(type) | (nest ? NLA_F_NESTED : 0);
	nla.nla_len = NLA_HDRLEN + len;
	note_attr(req, req->len, attr_type(type));
	append(req, &nla, sizeof(nla));
	append(req, payload, len);
	if (nest)
		note_nested(req, req->len - len, req->len);
	req->tail = NLA_ALIGN(len) - len;
	memset(payload, opts->pad, req->tail);
	append(req, payload, req->tail);
	free(words);
}

static void build(struct request *req, struct wire *wire, int argc, char **argv,
		  const struct options *opts)
{
	struct genlmsghdr genl = {
		.cmd = command(argv[0]), .version = opts->version,
	};

	req->len = NLMSG_HDRLEN;
	req->nattrs = 0;
	req->tail = 0;
	append(req, &genl, sizeof(genl));
	for (int i = 1; i < argc; i++)
		add_attr(req, argv[i], opts);

	if (opts->attr_len >= 0 && req->nattrs) {
		struct nlattr *last = (struct nlattr *)
			(req->msg.bytes + req->attrs[req->nattrs - 1].offset);

		last->nla_len = opts->attr_len;
	}
	if (opts->no_tail)
		req->len -= req->tail;
	if (opts->cut > req->len - NLMSG_HDRLEN)
		usage("cannot cut into the netlink header");
	req->len -= opts->cut;

	req->msg.nlh = (struct nlmsghdr) {
		.nlmsg_len = req->len,
		.nlmsg_type = wire->family,
		.nlmsg_flags = NLM_F_REQUEST | (opts->dump ? NLM_F_DUMP : NLM_F_ACK),
		.nlmsg_seq = ++wire->seq,
	};
}

/* Printing replies */

static void print_bytes(const uint8_t *data, int len, const char *between)
{
	for (int i = 0; i < len; i++)
		printf("%s%02x", i ? between : "", data[i]);
	putchar('\n');
}

static void print_number(const struct nlattr *nla, size_t len, const char *format)
{
	unsigned long long value = 0;

	if ((size_t)nla_len(nla) != len) {
		printf("(%d bytes instead of %zu)\n", nla_len(nla), len);
		return;
	}
	memcpy(&value, nla_data(nla), len);
	printf(format, value);
}

static void print_attr(const struct nlattr *nla)
{
	const struct wire_attr *attr = wire_attr(wire_attrs, nla_type(nla));
	size_t size = attr ? wire_size(attr->type) : 0;

	if (!attr) {
		if (nla_type(nla) == VDPA_ATTR_PAD)
			return;
		printf("%d=", nla_type(nla));
		print_bytes(nla_data(nla), nla_len(nla), "");
		return;
	}

	printf("%s=", attr->name);
	if (attr->type == WIRE_STRING || attr->type == WIRE_NAME)
		printf("%.*s\n", nla_len(nla), (const char *)nla_data(nla));
	else if (!size || attr->type == WIRE_MAC)
		print_bytes(nla_data(nla), nla_len(nla), ":");
	else
		print_number(nla, size, attr->bits ? "0x%llx\n" : "%llu\n");
}

static void print_reply(struct nlmsghdr *nlh)
{
	struct genlmsghdr *genl = genlmsg_hdr(nlh);
	struct nlattr *nla;
	int rem;

	nla_for_each_attr(nla, genlmsg_attrdata(genl, 0), genlmsg_attrlen(genl, 0), rem)
		print_attr(nla);
	putchar('\n');
}

static void print_offset(const struct request *req, uint32_t offset)
{
	for (size_t i = 0; i < req->nattrs; i++) {
		if (req->attrs[i].offset == offset) {
			print_attr_name("attribute", req->attrs[i].type);
			return;
		}
	}
	printf("attribute=(none at offset %u)\n", offset);
}

static int print_verdict(const struct request *req, const struct wire_answer *answer)
{
	printf("errno=%s\n", answer->err ? strerrorname_np(answer->err) : "0");
	if (*answer->message)
		printf("message=%s\n", answer->message);
	if (answer->offset)
		print_offset(req, answer->offset);
	if (answer->missing)
		print_attr_name("missing", answer->missing);
	if (answer->interrupted)
		puts("interrupted=1");

	return answer->err ? 2 : 0;
}

/* Runs @between once, after the first part and before the next one is requested. */
static void take(struct nlmsghdr *nlh, void *between)
{
	const char **command = between;

	print_reply(nlh);
	if (*command && system(*command))
		broken("the command between failed");
	*command = NULL;
}

static int receive(struct wire *wire, const struct request *req, const struct options *opts)
{
	const char *between = opts->between;
	struct wire_answer answer;

	wire_timeout(wire, opts->timeout_ms);
	wire_receive(wire, req->msg.nlh.nlmsg_seq, take, &between, &answer);
	if (answer.end == WIRE_SILENT)
		broken("no answer in time");
	if (answer.end != WIRE_ANSWERED)
		broken(strerror(answer.err));
	if (between && system(between))
		broken("the command between failed");

	return print_verdict(req, &answer);
}

/* Everything that the family shows, to see whether it changes */

/* Uses a separate socket, for which the kernel has not recorded a small buffer. */
static struct wire_shown everything(void)
{
	struct wire_shown shown;
	struct wire wire;

	wire_open(&wire);
	if (!wire_show_all(&wire, &shown))
		broken("the kernel does not show what there is");
	wire_close(&wire);

	return shown;
}

/* Returns @status, or 4 if the kernel's replies have changed. */
static int compare(struct wire_shown before, int status)
{
	struct wire_shown after = everything();
	bool same = wire_shown_same(&before, &after);

	wire_shown_free(&before);
	wire_shown_free(&after);
	if (!same)
		fputs("nl_raw: what the kernel shows has changed\n", stderr);

	return same ? status : 4;
}

static int run_program(char **argv)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		execvp(argv[0], argv);
		perror(argv[0]);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		broken("cannot run the program");

	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int around(char **argv)
{
	struct wire_shown before = everything();

	return compare(before, run_program(argv));
}

static struct options parse(int argc, char **argv)
{
	static const struct option long_options[] = {
		{ "dump", no_argument, NULL, 'd' },
		{ "version", required_argument, NULL, 'v' },
		{ "pad", required_argument, NULL, 'p' },
		{ "no-tail", no_argument, NULL, 't' },
		{ "cut", required_argument, NULL, 'c' },
		{ "attr-len", required_argument, NULL, 'l' },
		{ "timeout", required_argument, NULL, 'm' },
		{ "between", required_argument, NULL, 'b' },
		{ "unchanged", no_argument, NULL, 'u' },
		{ "unheard", no_argument, NULL, 'h' },
		{ "copies", required_argument, NULL, 'C' },
		{ "time", no_argument, NULL, 'T' },
		{ }
	};
	struct options opts = { .version = 1, .attr_len = -1 };
	int c;

	while ((c = getopt_long(argc, argv, "+", long_options, NULL)) != -1) {
		switch (c) {
		case 'd':
			opts.dump = true;
			break;
		case 'v':
			opts.version = to_number(optarg, UINT8_MAX);
			break;
		case 'p':
			opts.pad = to_number(optarg, UINT8_MAX);
			break;
		case 't':
			opts.no_tail = true;
			break;
		case 'c':
			opts.cut = to_number(optarg, MSG_SIZE);
			break;
		case 'l':
			opts.attr_len = to_number(optarg, UINT16_MAX);
			break;
		case 'm':
			opts.timeout_ms = to_number(optarg, INT32_MAX);
			break;
		case 'b':
			opts.between = optarg;
			break;
		case 'u':
			opts.unchanged = true;
			break;
		case 'h':
			opts.unheard = true;
			break;
		case 'C':
			opts.copies = to_number(optarg, 4000);
			break;
		case 'T':
			opts.time = true;
			break;
		default:
			usage("unknown option");
		}
	}
	if (optind == argc)
		usage("no command");

	return opts;
}

/* Returns the number of words of the first request. */
static int request_words(int argc, char **argv)
{
	int n = 1;

	while (n < argc && strcmp(argv[n], "--next"))
		n++;

	return n;
}

static unsigned long long now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);

	return now.tv_sec * 1000000ULL + now.tv_nsec / 1000;
}

static void send_bytes(struct wire *wire, const void *bytes, size_t len)
{
	struct wire_answer answer;

	if (!wire_send_bytes(wire, bytes, len, &answer))
		broken("cannot send");
}

/* Sends all requests in one message: the kernel holds its lock from the first to the last. */
static void send_copies(struct wire *wire, const struct request *req, unsigned long copies)
{
	size_t len = NLMSG_ALIGN(req->len);
	char *bytes = calloc(copies, len);
	int room = 2 * copies * len;

	if (!bytes || setsockopt(wire->fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)))
		broken("no memory");
	for (unsigned long i = 0; i < copies; i++)
		memcpy(bytes + i * len, req->msg.bytes, req->len);
	send_bytes(wire, bytes, copies * len);
	free(bytes);
}

static int ask(struct wire *wire, int argc, char **argv)
{
	static struct request req;
	struct wire_shown before = { };
	unsigned long long began;
	struct options opts;
	int status = 0;

	optind = 0;	/* resets getopt_long() */
	opts = parse(argc, argv);
	if (opts.unchanged)
		before = everything();
	build(&req, wire, argc - optind, argv + optind, &opts);
	began = now_us();
	if (opts.copies)
		send_copies(wire, &req, opts.copies);
	else
		send_bytes(wire, req.msg.bytes, req.len);
	if (opts.unheard)
		return 0;
	if (!opts.copies)
		status = receive(wire, &req, &opts);
	if (opts.time)
		printf("took_us=%llu\n", now_us() - began);

	return opts.unchanged ? compare(before, status) : status;
}

/* All requests of the command line, in turn. Returns the status of the last. */
static int ask_all(struct wire *wire, int argc, char **argv, bool stop)
{
	int status = 0, words;

	do {
		words = request_words(argc, argv);
		status = ask(wire, words, argv);
		argc -= words;
		argv += words;
	} while (argc > 0 && !(stop && status));

	return status;
}

/* Returns whether no unexpected message came, and none comes within a second. */
static bool nothing_else(struct wire *wire)
{
	struct pollfd pfd = { .fd = wire->fd, .events = POLLIN };

	return !wire->strays && !poll(&pfd, 1, 1000);
}

int main(int argc, char **argv)
{
	unsigned long long times = 1;
	size_t room = RECEIVE_SIZE;
	struct wire wire;
	uint32_t port = 0;
	bool stop = false;
	int status = 0;

	if (argc > 2 && !strcmp(argv[1], "--around"))
		return around(argv + 2);
	for (; argc > 3; argc -= 2, argv += 2) {
		if (!strcmp(argv[1], "--port"))
			port = to_number(argv[2], UINT32_MAX);
		else if (!strcmp(argv[1], "--room"))
			room = to_number(argv[2], INT32_MAX);
		else if (!strcmp(argv[1], "--repeat"))
			times = to_number(argv[2], INT32_MAX);
		else
			break;
		stop = stop || strcmp(argv[1], "--room");
	}
	wire_open_at(&wire, port, room);
	for (; times && !status; times--)
		status = ask_all(&wire, argc, argv, stop);

	return port && !nothing_else(&wire) ? 5 : status;
}
