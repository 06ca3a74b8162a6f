// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ask: what a request of the generic netlink family vdpa costs, over an open socket.
 *
 *	ask create PARENT NAME FROM N	have PARENT create the devices NAME<FROM> and on, N of them
 *	ask delete NAME FROM N		delete them
 *	ask find NAME DEVICES N		N times DEV_GET of one of NAME0 to NAME<DEVICES - 1>, each
 *					followed by "bare": CTRL_CMD_GETFAMILY of nlctrl by its number,
 *					a generic netlink request that has nothing to do with vDPA
 *	ask dump N MESSAGES		N times all devices, each time in so many messages
 *	ask vstats N MESSAGES		N times the statistics of all queues of all devices, by one
 *					request (our core alone has it)
 *	ask queues NAME DEVICES QUEUES	the same, a request for each of QUEUES queues of each device
 *	ask together N PARENT…		a thread for each PARENT has it create N devices, all at once
 *	ask unload MODULE		remove a module
 *
 * Prints a line for each request, or for what is one measurement together: WHAT, value and unit with tabs between them.
 * Time is from before the request is sent until its answer, or the last part of it, has been received.
 *
 * Exit status: 0 done, 1 usage, 2 the kernel refused, or does not answer.
 */

#define _GNU_SOURCE	/* strerrordesc_np() */

#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/vdpa.h>
#include <netlink/attr.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))

#define TIMEOUT_S	300	/* for any answer */
#define REQUEST_SIZE	512
#define RECEIVE_SIZE	(64 * 1024)
#define NAME_SIZE	64
#define PARENTS_MAX	16

/* A socket; the library's is used for connecting, what is measured goes by bare send() and recv(). */
struct wire {
	struct nl_sock *sock;
	int fd;
	int family;
	uint32_t seq;
	unsigned int messages;	/* of the last answer, without its end */
	uint8_t buf[RECEIVE_SIZE] __attribute__((aligned(8)));
};

static _Noreturn void quit(int status, const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("ask: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(status);
}

static unsigned int number(const char *text)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || end == text || *end || value > INT32_MAX)
		quit(1, "bad number: %s", text);
	return value;
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000ULL + now.tv_nsec;
}

static void print_us(const char *what, double ns)
{
	printf("%s\t%.1f\tus\n", what, ns / 1000);
}

/* --- the socket --- */

static struct wire *wire_open(void)
{
	static const struct timeval timeout = { .tv_sec = TIMEOUT_S };
	struct wire *wire = calloc(1, sizeof(*wire));
	int on = 1;

	if (!wire)
		quit(2, "out of memory");
	wire->sock = nl_socket_alloc();
	if (!wire->sock || genl_connect(wire->sock))
		quit(2, "no netlink socket");
	wire->fd = nl_socket_get_fd(wire->sock);
	wire->family = genl_ctrl_resolve(wire->sock, VDPA_GENL_NAME);
	if (wire->family < 0)
		quit(2, "no generic netlink family vdpa: no vDPA core is loaded");
	if (setsockopt(wire->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) ||
	    setsockopt(wire->fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on)))
		quit(2, "the socket's options: %s", strerrordesc_np(errno));
	return wire;
}

static void wire_close(struct wire *wire)
{
	nl_socket_free(wire->sock);
	free(wire);
}

static struct nl_msg *request(struct wire *wire, int family, uint8_t command, int flags)
{
	struct nl_msg *msg = nlmsg_alloc_size(REQUEST_SIZE);

	if (!msg || !genlmsg_put(msg, nl_socket_get_local_port(wire->sock), ++wire->seq, family, 0,
				 NLM_F_REQUEST | flags, command, 1))
		quit(2, "out of memory");
	return msg;
}

static void put_name(struct nl_msg *msg, uint16_t attr, const char *name)
{
	if (nla_put_string(msg, attr, name))
		quit(1, "a name is too long: %s", name);
}

static void put_numbered(struct nl_msg *msg, const char *name, unsigned int n)
{
	char text[NAME_SIZE];

	snprintf(text, sizeof(text), "%s%u", name, n);
	put_name(msg, VDPA_ATTR_DEV_NAME, text);
}

/* Returns whether @nlh ends the answer to a request with these flags. Quits if that is an error. */
static bool is_last(struct wire *wire, const struct nlmsghdr *nlh, uint32_t seq, int flags)
{
	const int *error = nlmsg_data(nlh);

	if (nlh->nlmsg_seq != seq)
		return false;
	if (nlh->nlmsg_type == NLMSG_ERROR || nlh->nlmsg_type == NLMSG_DONE) {
		if (*error)
			quit(2, "the kernel refused: %s", strerrordesc_np(-*error));
		return true;
	}
	wire->messages += nlh->nlmsg_type >= NLMSG_MIN_TYPE;
	return !(flags & (NLM_F_ACK | NLM_F_DUMP));
}

static void receive(struct wire *wire, uint32_t seq, int flags)
{
	bool last = false;

	wire->messages = 0;
	while (!last) {
		int len = recv(wire->fd, wire->buf, sizeof(wire->buf), 0);

		if (len < 0)
			quit(2, "no answer: %s", strerrordesc_np(errno));
		for (struct nlmsghdr *nlh = (struct nlmsghdr *)wire->buf; nlmsg_ok(nlh, len);
		     nlh = nlmsg_next(nlh, &len))
			last = is_last(wire, nlh, seq, flags) || last;
	}
}

/* Sends @msg, frees it, waits for the answer. Returns how long that took, in ns. */
static uint64_t ask(struct wire *wire, struct nl_msg *msg)
{
	static const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct nlmsghdr *nlh = nlmsg_hdr(msg);
	uint64_t began = now_ns();
	uint64_t took;

	if (sendto(wire->fd, nlh, nlh->nlmsg_len, 0, (const struct sockaddr *)&kernel,
		   sizeof(kernel)) < 0)
		quit(2, "cannot send: %s", strerrordesc_np(errno));
	receive(wire, nlh->nlmsg_seq, nlh->nlmsg_flags);
	took = now_ns() - began;
	nlmsg_free(msg);
	return took;
}

/* --- what can be asked --- */

static uint64_t create(struct wire *wire, const char *parent, const char *name, unsigned int n)
{
	struct nl_msg *msg = request(wire, wire->family, VDPA_CMD_DEV_NEW, NLM_F_ACK);

	put_numbered(msg, name, n);
	put_name(msg, VDPA_ATTR_MGMTDEV_DEV_NAME, parent);
	return ask(wire, msg);
}

static uint64_t about(struct wire *wire, uint8_t command, int flags, const char *name, unsigned int n)
{
	struct nl_msg *msg = request(wire, wire->family, command, flags);

	put_numbered(msg, name, n);
	return ask(wire, msg);
}

static uint64_t bare(struct wire *wire)
{
	struct nl_msg *msg = request(wire, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);

	if (nla_put_u16(msg, CTRL_ATTR_FAMILY_ID, GENL_ID_CTRL))
		quit(2, "out of memory");
	return ask(wire, msg);
}

/* An operation of the command line. */
struct call {
	struct wire *wire;
	char **words;
	int count;	/* of words */
};

static void run_create(const struct call *call)
{
	unsigned int from = number(call->words[2]), n = number(call->words[3]);

	for (unsigned int i = from; i < from + n; i++)
		print_us("create", create(call->wire, call->words[0], call->words[1], i));
}

static void run_delete(const struct call *call)
{
	unsigned int from = number(call->words[1]), n = number(call->words[2]);

	for (unsigned int i = from; i < from + n; i++)
		print_us("delete", about(call->wire, VDPA_CMD_DEV_DEL, NLM_F_ACK, call->words[0], i));
}

/* Devices far from each other, one after the other. */
static void run_find(const struct call *call)
{
	unsigned int devices = number(call->words[1]), n = number(call->words[2]);
	unsigned int stride = devices > 8 ? devices * 5 / 8 | 1 : 1;

	for (unsigned int i = 0; i < n; i++) {
		print_us("find", about(call->wire, VDPA_CMD_DEV_GET, 0, call->words[0],
				       (uint64_t)i * stride % devices));
		print_us("bare", bare(call->wire));
	}
}

static void dump_all(const struct call *call, uint8_t command, const char *what)
{
	unsigned int messages = number(call->words[1]);
	struct wire *wire = call->wire;

	for (unsigned int n = number(call->words[0]); n; n--) {
		print_us(what, ask(wire, request(wire, wire->family, command, NLM_F_DUMP)));
		if (wire->messages != messages)
			quit(2, "a dump of %u messages, not %u", wire->messages, messages);
	}
}

static void run_dump(const struct call *call)
{
	dump_all(call, VDPA_CMD_DEV_GET, "dump");
}

static void run_vstats(const struct call *call)
{
	dump_all(call, VDPA_CMD_DEV_VSTATS_GET, "vstats");
}

static void run_queues(const struct call *call)
{
	unsigned int devices = number(call->words[1]), queues = number(call->words[2]);
	uint64_t took = 0;

	for (unsigned int i = 0; i < devices * queues; i++) {
		struct nl_msg *msg = request(call->wire, call->wire->family,
					     VDPA_CMD_DEV_VSTATS_GET, 0);

		put_numbered(msg, call->words[0], i / queues);
		if (nla_put_u32(msg, VDPA_ATTR_DEV_QUEUE_INDEX, i % queues))
			quit(2, "out of memory");
		took += ask(call->wire, msg);
	}
	print_us("queues", took);
}

/* A thread that has a parent create devices, from when all can begin. */
struct creator {
	pthread_t thread;
	struct wire *wire;
	pthread_barrier_t *begin;
	const char *parent;
	char name[NAME_SIZE];
	unsigned int n;
};

static void *creator_run(void *data)
{
	struct creator *c = data;

	pthread_barrier_wait(c->begin);
	for (unsigned int i = 0; i < c->n; i++)
		create(c->wire, c->parent, c->name, i);
	return NULL;
}

static void run_together(const struct call *call)
{
	struct creator creators[PARENTS_MAX];
	unsigned int n = number(call->words[0]), parents = call->count - 1;
	pthread_barrier_t begin;
	uint64_t began;

	if (parents > PARENTS_MAX)
		quit(1, "more than %d parents", PARENTS_MAX);
	pthread_barrier_init(&begin, NULL, parents + 1);
	for (unsigned int i = 0; i < parents; i++) {
		struct creator *c = &creators[i];

		*c = (struct creator) {
			.wire = wire_open(), .begin = &begin, .parent = call->words[1 + i], .n = n,
		};
		snprintf(c->name, sizeof(c->name), "t%u_", i);
		if (pthread_create(&c->thread, NULL, creator_run, c))
			quit(2, "no thread");
	}
	pthread_barrier_wait(&begin);
	began = now_ns();
	for (unsigned int i = 0; i < parents; i++)
		pthread_join(creators[i].thread, NULL);
	print_us("together", (double)(now_ns() - began) / (n * parents));
	for (unsigned int i = 0; i < parents; i++)
		wire_close(creators[i].wire);
	pthread_barrier_destroy(&begin);
}

static void run_unload(const struct call *call)
{
	uint64_t began = now_ns();

	if (syscall(SYS_delete_module, call->words[0], O_NONBLOCK))
		quit(2, "cannot unload %s: %s", call->words[0], strerrordesc_np(errno));
	print_us("unload", now_ns() - began);
}

static const struct operation {
	const char *name;
	int words;	/* at least; exactly unless @more */
	bool more;
	bool offline;	/* needs no socket */
	void (*run)(const struct call *call);
} operations[] = {
	{ "create",	4, .run = run_create },
	{ "delete",	3, .run = run_delete },
	{ "find",	3, .run = run_find },
	{ "dump",	2, .run = run_dump },
	{ "vstats",	2, .run = run_vstats },
	{ "queues",	3, .run = run_queues },
	{ "together",	2, .more = true, .run = run_together },
	{ "unload",	1, .offline = true, .run = run_unload },
};

int main(int argc, char **argv)
{
	int words = argc - 2;

	for (size_t i = 0; argc > 1 && i < ARRAY_SIZE(operations); i++) {
		const struct operation *op = &operations[i];
		struct wire *wire;

		if (strcmp(argv[1], op->name))
			continue;
		if (words < op->words || (words > op->words && !op->more))
			quit(1, "%s wants %d words", op->name, op->words);
		wire = op->offline ? NULL : wire_open();
		op->run(&(struct call) { wire, argv + 2, words });
		if (wire)
			wire_close(wire);
		return 0;
	}
	quit(1, "no such operation; the head of bench/ask.c has them");
}
