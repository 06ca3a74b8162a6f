// SPDX-License-Identifier: GPL-2.0-or-later
/* See talk.h. */
#define _GNU_SOURCE	/* program_invocation_short_name */

#include <errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/netlink.h>
#include <netlink/socket.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "talk.h"

/* How long an answer may take, if not told otherwise; after that the kernel counts as hanging. */
#define TIMEOUT_MS	120000

_Noreturn void wire_quit(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(3);
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

static void connect_socket(struct wire *wire, uint32_t port)
{
	int on = 1;

	wire->sock = nl_socket_alloc();
	if (wire->sock && port)
		nl_socket_set_local_port(wire->sock, port);
	if (!wire->sock || genl_connect(wire->sock))
		wire_quit("no netlink socket");
	nl_socket_set_buffer_size(wire->sock, 16 * WIRE_ROOM, 4 * WIRE_REQUEST_MAX);
	/* From the first: the kernel makes a dump's parts as large as the largest buffer seen. */
	nl_socket_set_msg_buf_size(wire->sock, wire->room);
	nl_socket_disable_msg_peek(wire->sock);
	wire->fd = nl_socket_get_fd(wire->sock);
	wire->port = nl_socket_get_local_port(wire->sock);
	if (setsockopt(wire->fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)) ||
	    setsockopt(wire->fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on)))
		wire_quit("no extended acks");
	wire_timeout(wire, TIMEOUT_MS);
}

/* With a port of its own, 0: any; and a buffer of @room bytes. */
void wire_open_at(struct wire *wire, uint32_t port, size_t room)
{
	*wire = (struct wire) { .room = room, .buf = malloc(room) };
	if (!wire->buf)
		wire_quit("out of memory");
	connect_socket(wire, port);
	wire->family = genl_ctrl_resolve(wire->sock, VDPA_GENL_NAME);
	if (wire->family < 0)
		wire_quit("no generic netlink family vdpa: no vDPA core is loaded");
}

void wire_open(struct wire *wire)
{
	wire_open_at(wire, 0, WIRE_ROOM);
}

/* Another socket to the same family, with nothing of what the old one has left to be read. */
void wire_reopen(struct wire *wire)
{
	nl_socket_free(wire->sock);
	connect_socket(wire, 0);
}

void wire_close(struct wire *wire)
{
	nl_socket_free(wire->sock);
	free(wire->buf);
	*wire = (struct wire) { .fd = -1 };
}

/* How long an answer may take, 0: for ever. */
void wire_timeout(struct wire *wire, int timeout_ms)
{
	const struct timeval timeout = { timeout_ms / 1000, timeout_ms % 1000 * 1000 };

	if (setsockopt(wire->fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)))
		wire_quit("no timeout");
}

/* Events come over this socket from now on. Returns whether the family has them. */
bool wire_listen(struct wire *wire)
{
	int group = genl_ctrl_resolve_grp(wire->sock, VDPA_GENL_NAME, VDPA_MCGRP_MONITOR);

	return group >= 0 && !setsockopt(wire->fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group));
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

/* Returns whether they were sent; if not, the answer says so. */
bool wire_send_bytes(struct wire *wire, const void *bytes, size_t len, struct wire_answer *answer)
{
	static const struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };

	*answer = (struct wire_answer) { .end = WIRE_ANSWERED };
	if (sendto(wire->fd, bytes, len, 0, (const struct sockaddr *)&kernel, sizeof(kernel)) >= 0)
		return true;
	answer->end = WIRE_UNSENT;
	answer->err = errno;
	return false;
}

bool wire_send(struct wire *wire, struct nlmsghdr *nlh, struct wire_answer *answer)
{
	return wire_send_bytes(wire, nlh, nlh->nlmsg_len, answer);
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

/* What an answer is taken with. */
struct taking {
	struct wire *wire;
	uint32_t seq;
	bool bare;	/* there is no acknowledgment: the first message is the last */
	wire_take_t take;
	void *data;
	struct wire_answer *answer;
};

/* Returns whether this was the last message of the answer. */
static bool take_message(const struct taking *t, struct nlmsghdr *nlh)
{
	if (nlh->nlmsg_seq != t->seq) {
		t->wire->strays++;
		return false;
	}
	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		t->answer->interrupted = true;
	if (nlh->nlmsg_type == NLMSG_ERROR || nlh->nlmsg_type == NLMSG_DONE) {
		take_end(t->answer, nlh);
		return true;
	}
	if (nlh->nlmsg_type < NLMSG_MIN_TYPE)
		return false;
	t->answer->parts++;
	if (t->take)
		t->take(nlh, t->data);
	return t->bare;
}

static void receive(const struct taking *t)
{
	struct wire *wire = t->wire;
	bool last = false;

	*t->answer = (struct wire_answer) { .end = WIRE_ANSWERED };
	while (!last) {
		int len = recv(wire->fd, wire->buf, wire->room, 0);

		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0) {
			t->answer->end = errno == EAGAIN ? WIRE_SILENT : WIRE_LOST;
			t->answer->err = errno;
			return;
		}
		for (struct nlmsghdr *nlh = (void *)wire->buf; !last && nlmsg_ok(nlh, len); nlh = nlmsg_next(nlh, &len))
			last = take_message(t, nlh);
	}
}

/* The answer to the request @seq, up to its acknowledgment or the dump's end. @take gets what comes before it. */
void wire_receive(struct wire *wire, uint32_t seq, wire_take_t take, void *data,
		  struct wire_answer *answer)
{
	receive(&(struct taking) { wire, seq, false, take, data, answer });
}

/* Sends a request and takes its answer: one message, if the request asks for no acknowledgment. */
void wire_ask(struct wire *wire, struct nlmsghdr *nlh, wire_take_t take, void *data,
	      struct wire_answer *answer)
{
	bool bare = !(nlh->nlmsg_flags & (NLM_F_ACK | NLM_F_DUMP));

	if (wire_send(wire, nlh, answer))
		receive(&(struct taking) { wire, nlh->nlmsg_seq, bare, take, data, answer });
}

/* What is there to be read, of answers that were not waited for. */
void wire_drain(struct wire *wire)
{
	while (recv(wire->fd, wire->buf, wire->room, MSG_DONTWAIT) >= 0 || errno == ENOBUFS)
		;
}
