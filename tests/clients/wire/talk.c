// SPDX-License-Identifier: GPL-2.0-or-later
/* See talk.h. */
#define _GNU_SOURCE	/* program_invocation_short_name */

#include <errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "talk.h"

/* The kernel makes a dump's parts at most that large. */
#define RECEIVE_SIZE	(64 * 1024)

#define TIMEOUT_MS	120000

_Noreturn void wire_quit(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

uint64_t wire_number(const char *text)
{
	uint64_t value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 0);
	if (errno || end == text || *end)
		wire_quit("%s: bad number: %s", program_invocation_short_name, text);
	return value;
}

static void connect_socket(struct wire *wire)
{
	int on = 1;

	wire->sock = nl_socket_alloc();
	if (!wire->sock || genl_connect(wire->sock))
		wire_quit("no netlink socket");
	nl_socket_set_buffer_size(wire->sock, 16 * RECEIVE_SIZE, 4 * WIRE_REQUEST_MAX);
	wire->fd = nl_socket_get_fd(wire->sock);
	wire->port = nl_socket_get_local_port(wire->sock);
	if (setsockopt(wire->fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)) ||
	    setsockopt(wire->fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on)))
		wire_quit("no extended acks");
}

void wire_open(struct wire *wire)
{
	*wire = (struct wire) { .timeout_ms = TIMEOUT_MS };
	connect_socket(wire);
	wire->family = genl_ctrl_resolve(wire->sock, VDPA_GENL_NAME);
	if (wire->family < 0)
		wire_quit("no generic netlink family vdpa: no vDPA core is loaded");
}

/* Another socket to the same family, with nothing of what the old one has left to be read. */
void wire_reopen(struct wire *wire)
{
	nl_socket_free(wire->sock);
	connect_socket(wire);
}

void wire_close(struct wire *wire)
{
	nl_socket_free(wire->sock);
	wire->sock = NULL;
}

/* A request without attributes, complete but for its length; to be given to nlmsg_free(). */
struct nl_msg *wire_request(struct wire *wire, uint8_t command, int flags)
{
	struct nl_msg *msg = nlmsg_alloc_size(WIRE_REQUEST_MAX);

	if (!msg || !genlmsg_put(msg, wire->port, ++wire->seq, wire->family, 0,
				 NLM_F_REQUEST | flags, command, VDPA_GENL_VERSION))
		wire_quit("out of memory");
	return msg;
}

void wire_put(struct nl_msg *msg, uint16_t attr, const void *data, size_t len)
{
	if (nla_put(msg, attr, len, data))
		wire_quit("a request is too long");
}

void wire_put_string(struct nl_msg *msg, uint16_t attr, const char *text)
{
	wire_put(msg, attr, text, strlen(text) + 1);
}

/* An integer of the attribute's size, little end first, as on every machine that these tests run on. */
void wire_put_number(struct nl_msg *msg, const struct wire_attr *attr, uint64_t value)
{
	wire_put(msg, attr->number, &value, wire_size(attr->type));
}

/* Returns whether it was sent; if not, the answer says so. */
bool wire_send(struct wire *wire, struct nlmsghdr *nlh, struct wire_answer *answer)
{
	static const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	*answer = (struct wire_answer) { .end = WIRE_ANSWERED };
	if (sendto(wire->fd, nlh, nlh->nlmsg_len, 0, (const struct sockaddr *)&kernel,
		   sizeof(kernel)) >= 0)
		return true;
	answer->end = WIRE_UNSENT;
	answer->err = errno;
	return false;
}

static void take_extack(struct wire_answer *answer, struct nlattr *head, int len)
{
	struct nlattr *nla;
	int left;

	nla_for_each_attr(nla, head, len, left) {
		switch (nla_type(nla)) {
		case NLMSGERR_ATTR_MSG:
			snprintf(answer->message, sizeof(answer->message), "%.*s", nla_len(nla),
				 (const char *)nla_data(nla));
			break;
		case NLMSGERR_ATTR_OFFS:
			answer->offset = nla_get_u32(nla);
			break;
		case NLMSGERR_ATTR_MISS_TYPE:
			answer->missing = nla_get_u32(nla);
			break;
		}
	}
}

static void take_end(struct wire_answer *answer, struct nlmsghdr *nlh)
{
	const int *error = nlmsg_data(nlh);
	size_t skip = sizeof(*error);

	answer->dump = nlh->nlmsg_type == NLMSG_DONE;
	if (!answer->dump) {
		const struct nlmsgerr *err = nlmsg_data(nlh);

		skip = sizeof(*err);
		if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
			skip += err->msg.nlmsg_len - NLMSG_HDRLEN;
	}
	answer->err = -*error;
	skip = NLMSG_ALIGN(skip);
	if (nlh->nlmsg_flags & NLM_F_ACK_TLVS && skip < (size_t)nlmsg_datalen(nlh))
		take_extack(answer, (struct nlattr *)((char *)nlmsg_data(nlh) + skip),
			    nlmsg_datalen(nlh) - skip);
}

/* Returns whether this was the last message of the answer. */
static bool take_message(struct nlmsghdr *nlh, uint32_t seq, wire_take_t take, void *data,
			 struct wire_answer *answer)
{
	if (nlh->nlmsg_seq != seq)
		return false;
	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		answer->interrupted = true;
	if (nlh->nlmsg_type == NLMSG_ERROR || nlh->nlmsg_type == NLMSG_DONE) {
		take_end(answer, nlh);
		return true;
	}
	if (nlh->nlmsg_type >= NLMSG_MIN_TYPE) {
		answer->parts++;
		if (take)
			take(nlh, data);
	}
	return false;
}

static bool take_messages(void *buf, int len, uint32_t seq, wire_take_t take, void *data,
			  struct wire_answer *answer)
{
	bool last = false;

	for (struct nlmsghdr *nlh = buf; !last && nlmsg_ok(nlh, len); nlh = nlmsg_next(nlh, &len))
		last = take_message(nlh, seq, take, data, answer);
	return last;
}

/* The answer to the request @seq, up to its acknowledgment or the dump's end. @take gets what comes before it. */
void wire_receive(struct wire *wire, uint32_t seq, wire_take_t take, void *data,
		  struct wire_answer *answer)
{
	static _Thread_local uint8_t buf[RECEIVE_SIZE] __attribute__((aligned(8)));
	struct pollfd pfd = { .fd = wire->fd, .events = POLLIN };
	ssize_t len;

	*answer = (struct wire_answer) { .end = WIRE_ANSWERED };
	do {
		if (poll(&pfd, 1, wire->timeout_ms) == 0) {
			answer->end = WIRE_SILENT;
			return;
		}
		len = recv(wire->fd, buf, sizeof(buf), 0);
		if (len < 0 && errno != EINTR) {
			answer->end = WIRE_LOST;
			answer->err = errno;
			return;
		}
	} while (len < 0 || !take_messages(buf, len, seq, take, data, answer));
}

void wire_ask(struct wire *wire, struct nlmsghdr *nlh, wire_take_t take, void *data,
	      struct wire_answer *answer)
{
	if (wire_send(wire, nlh, answer))
		wire_receive(wire, nlh->nlmsg_seq, take, data, answer);
}

/* What is there to be read, of answers that were not waited for. */
void wire_drain(struct wire *wire)
{
	static _Thread_local uint8_t buf[RECEIVE_SIZE];

	while (recv(wire->fd, buf, sizeof(buf), MSG_DONTWAIT) >= 0 || errno == ENOBUFS)
		;
}
