// SPDX-License-Identifier: GPL-2.0-or-later
#define _DEFAULT_SOURCE
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/genetlink.h>
#include <linux/vdpa.h>

#include "netlink/attrs.h"
#include "base/memory.h"
#include "netlink/nl.h"

int nl_fail(struct nl_error *err, int errnum, const char *format, ...)
{
	va_list args;

	err->errnum = errnum;
	err->attribute[0] = '\0';
	va_start(args, format);
	vsnprintf(err->message, sizeof(err->message), format, args);
	va_end(args);
	return -1;
}

/* --- replies --- */

/* Extended acknowledgement: attributes behind a header that ends at @offset. */
struct ack {
	const struct nlattr *message;
	const struct nlattr *offset;
	const struct nlattr *missing;
};

static void ack_parse(const struct nlmsghdr *nlh, size_t offset, struct ack *ack)
{
	const struct nlattr *attr;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	mnl_attr_for_each(attr, nlh, offset) {
		uint16_t type = mnl_attr_get_type(attr);

		if (type == NLMSGERR_ATTR_MSG)
			ack->message = attr;
		else if (type == NLMSGERR_ATTR_OFFS && mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
			ack->offset = attr;
		else if (type == NLMSGERR_ATTR_MISS_TYPE &&
			 mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
			ack->missing = attr;
	}
}

/* The attribute that starts @offset bytes into our request; NULL when none does. */
static const struct nlattr *request_attr(const struct nlmsghdr *request, uint32_t offset)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, request, GENL_HDRLEN) {
		const struct nlattr *nested;

		if ((const char *)attr - (const char *)request == offset)
			return attr;
		if (!(attr->nla_type & NLA_F_NESTED))
			continue;
		mnl_attr_for_each_nested(nested, attr)
			if ((const char *)nested - (const char *)request == offset)
				return nested;
	}
	return NULL;
}

/* Mainline's messages begin with the name of its module; ours with the reason. */
static const char *without_prefix(const char *message, size_t *len)
{
	static const char prefix[] = "vdpa: ";
	size_t n = sizeof(prefix) - 1;

	if (*len <= n || memcmp(message, prefix, n) != 0)
		return message;
	*len -= n;
	return message + n;
}

static void error_from_ack(struct nl_reply *reply, int errnum, const struct ack *ack)
{
	const struct nlattr *attr = NULL;
	struct nl_error *err = reply->err;

	if (reply->failed)
		return;		/* the first error is the one to report */
	memset(err, 0, sizeof(*err));
	err->errnum = errnum;
	if (ack->message) {
		const char *text = mnl_attr_get_payload(ack->message);
		size_t len = strnlen(text, mnl_attr_get_payload_len(ack->message));

		text = without_prefix(text, &len);
		snprintf(err->message, sizeof(err->message), "%.*s", (int)len, text);
	}
	if (ack->offset)
		attr = request_attr(reply->request, mnl_attr_get_u32(ack->offset));
	if (attr)
		attr_name(mnl_attr_get_type(attr), err->attribute, sizeof(err->attribute));
	else if (ack->missing)
		attr_name(mnl_attr_get_u32(ack->missing), err->attribute, sizeof(err->attribute));
}

static enum nl_state finish(const struct nl_reply *reply)
{
	return reply->failed ? NL_FAILED : NL_DONE;
}

static enum nl_state parse_error(struct nl_reply *reply, const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *nlerr = mnl_nlmsg_get_payload(nlh);
	size_t payload = mnl_nlmsg_get_payload_len(nlh);
	size_t offset = sizeof(*nlerr);
	struct ack ack = { 0 };

	if (payload < sizeof(*nlerr) || nlerr->error > 0 || nlerr->error == INT32_MIN) {
		nl_fail(reply->err, EBADMSG, "the kernel's acknowledgement is malformed");
		return NL_FAILED;
	}
	/* Unless capped, the request comes back whole between error and attributes. */
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED) && nlerr->msg.nlmsg_len > sizeof(nlerr->msg))
		offset += MNL_ALIGN((size_t)nlerr->msg.nlmsg_len - sizeof(nlerr->msg));
	if (offset <= payload)
		ack_parse(nlh, offset, &ack);
	if (nlerr->error || ack.message)
		error_from_ack(reply, -nlerr->error, &ack);
	return nlerr->error ? NL_FAILED : finish(reply);
}

static enum nl_state parse_done(struct nl_reply *reply, const struct nlmsghdr *nlh)
{
	size_t payload = mnl_nlmsg_get_payload_len(nlh);
	struct ack ack = { 0 };
	int32_t result = 0;

	if (payload >= sizeof(result))
		memcpy(&result, mnl_nlmsg_get_payload(nlh), sizeof(result));
	if (result >= 0)
		return finish(reply);
	if (result == INT32_MIN) {
		nl_fail(reply->err, EBADMSG, "the kernel's end of a list is malformed");
		return NL_FAILED;
	}
	ack_parse(nlh, sizeof(result), &ack);
	error_from_ack(reply, -result, &ack);
	return NL_FAILED;
}

static enum nl_state parse_message(struct nl_reply *reply, const struct nlmsghdr *nlh)
{
	switch (nlh->nlmsg_type) {
	case NLMSG_NOOP:
		return NL_MORE;
	case NLMSG_ERROR:
		return parse_error(reply, nlh);
	case NLMSG_DONE:
		return parse_done(reply, nlh);
	case NLMSG_OVERRUN:
		nl_fail(reply->err, ENOBUFS, "%s", "");
		return NL_FAILED;
	}
	if (nlh->nlmsg_type != reply->family || mnl_nlmsg_get_payload_len(nlh) < GENL_HDRLEN) {
		nl_fail(reply->err, EBADMSG, "the kernel sent an unexpected message (type %u, %u bytes)",
			nlh->nlmsg_type, nlh->nlmsg_len);
		return NL_FAILED;
	}
	if (reply->cb && !reply->failed)
		reply->failed = reply->cb(nlh, reply->err, reply->data) < 0;
	return NL_MORE;
}

/*
 * Whether a message is all there, with the padding after it. (libmnl's own
 * check takes a length above 2^31 for a negative one, and so for a small one.)
 */
static bool message_fits(const struct nlmsghdr *nlh, size_t left)
{
	return left >= sizeof(*nlh) && nlh->nlmsg_len >= sizeof(*nlh) &&
	       MNL_ALIGN((size_t)nlh->nlmsg_len) <= left;
}

enum nl_state nl_parse(struct nl_reply *reply, const void *buf, size_t len)
{
	const char *at = buf, *end = at + len;
	enum nl_state state = NL_MORE;

	while (at < end && state == NL_MORE) {
		const struct nlmsghdr *nlh = (const void *)at;

		if (!message_fits(nlh, end - at)) {
			nl_fail(reply->err, EBADMSG,
				"the kernel's reply ends in the middle of a message");
			return NL_FAILED;
		}
		at += MNL_ALIGN(nlh->nlmsg_len);
		if (nlh->nlmsg_seq != reply->request->nlmsg_seq)
			continue;
		if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
			reply->interrupted = true;
		state = parse_message(reply, nlh);
	}
	return state;
}

/* --- the socket --- */

struct nlmsghdr *nl_request(struct nl *nl, uint8_t command, uint16_t flags)
{
	struct nlmsghdr *nlh = (struct nlmsghdr *)nl->tx;
	struct genlmsghdr *genl;

	/* Padding is not written: none of the request before may be left in it. */
	memset(nl->tx, 0, nlh->nlmsg_len);
	mnl_nlmsg_put_header(nl->tx);
	nlh->nlmsg_type = nl->family;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | flags;
	nlh->nlmsg_seq = ++nl->seq;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = command;
	genl->version = VDPA_GENL_VERSION;
	return nlh;
}

static ssize_t receive(struct nl *nl)
{
	ssize_t len;

	do {
		len = mnl_socket_recvfrom(nl->socket, nl->rx, NL_RX_SIZE);
	} while (len < 0 && errno == EINTR);
	return len;
}

static int receive_failed(struct nl_error *err, int errnum)
{
	switch (errnum) {
	case ENOSPC:
		return nl_fail(err, EMSGSIZE, "the kernel's reply is larger than %d bytes", NL_RX_SIZE);
	case ENOBUFS:
		return nl_fail(err, ENOBUFS, "%s", "");
	default:
		return nl_fail(err, errnum, "netlink socket: %s", strerror(errnum));
	}
}

int nl_send(struct nl *nl, struct nl_error *err)
{
	const struct nlmsghdr *nlh = (const void *)nl->tx;

	if (mnl_socket_sendto(nl->socket, nlh, nlh->nlmsg_len) < 0)
		return nl_fail(err, errno, "netlink socket: %s", strerror(errno));
	return 0;
}

/* What nl_parse() is for what could be received. */
static enum nl_state parse_received(struct nl_reply *reply, const struct nl *nl, ssize_t len, int errnum)
{
	if (len > 0)
		return nl_parse(reply, nl->rx, len);
	if (len < 0)
		receive_failed(reply->err, errnum);
	else
		nl_fail(reply->err, EBADMSG, "the kernel sent an empty reply");
	return NL_FAILED;
}

void nl_receive(struct nl *nl, struct nl_reply *replies, size_t count)
{
	ssize_t len = receive(nl);
	int errnum = errno;

	for (size_t i = 0; i < count; i++)
		if (replies[i].state == NL_MORE)
			replies[i].state = parse_received(&replies[i], nl, len, errnum);
}

int nl_exchange(struct nl *nl, nl_cb cb, void *data, bool *interrupted, struct nl_error *err)
{
	const struct nlmsghdr *nlh = (const void *)nl->tx;
	struct nl_reply reply = {
		.request = nlh, .family = nlh->nlmsg_type, .cb = cb, .data = data, .err = err,
	};

	if (nl_send(nl, err) < 0)
		return -1;
	while (reply.state == NL_MORE)
		nl_receive(nl, &reply, 1);
	if (interrupted)
		*interrupted = reply.interrupted;
	return reply.state == NL_DONE ? 0 : -1;
}

/* The group of generic netlink's own messages has the number of its family, always. */
#define CTRL_NOTIFY_GROUP	GENL_ID_CTRL

/* Without CAP_NET_ADMIN it grows as far as the host allows. */
void nl_grow(struct nl *nl)
{
	int fd = mnl_socket_get_fd(nl->socket), size = NL_EVENTS_SIZE;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
}

static int join_group(struct nl *nl, uint32_t group)
{
	return mnl_socket_setsockopt(nl->socket, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group));
}

int nl_join(struct nl *nl, struct nl_error *err)
{
	/* Nothing is sent to a socket without an address. */
	if (mnl_socket_bind(nl->socket, 0, MNL_SOCKET_AUTOPID) < 0)
		return nl_fail(err, errno, "netlink socket: %s", strerror(errno));
	nl_grow(nl);
	if (join_group(nl, nl->monitor_group) < 0 || join_group(nl, CTRL_NOTIFY_GROUP) < 0)
		return nl_fail(err, errno, "netlink socket: %s", strerror(errno));
	return 0;
}

/* The messages of generic netlink itself tell when a family goes. */
static bool tells_of_end(const struct nlmsghdr *nlh, uint16_t family)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	const struct nlattr *attr;

	if (mnl_nlmsg_get_payload_len(nlh) < GENL_HDRLEN || genl->cmd != CTRL_CMD_DELFAMILY)
		return false;
	mnl_attr_for_each(attr, nlh, GENL_HDRLEN)
		if (mnl_attr_get_type(attr) == CTRL_ATTR_FAMILY_ID &&
		    mnl_attr_validate(attr, MNL_TYPE_U16) == 0)
			return mnl_attr_get_u16(attr) == family;
	return false;
}

bool nl_wait(struct nl *nl, int ms)
{
	struct pollfd fd = { .fd = mnl_socket_get_fd(nl->socket), .events = POLLIN };

	return poll(&fd, 1, ms) > 0;
}

int nl_listen(struct nl *nl, nl_cb cb, void *data, struct nl_error *err)
{
	/* Nobody asked for an event: its sequence number is 0. */
	const struct nlmsghdr unasked = { .nlmsg_seq = 0 };
	struct nl_reply reply = {
		.request = &unasked, .family = nl->family, .cb = cb, .data = data, .err = err,
	};
	const struct nlmsghdr *first = (const void *)nl->rx;
	ssize_t len = receive(nl);

	if (len < 0)
		return receive_failed(err, errno);
	if (message_fits(first, len) && first->nlmsg_type == GENL_ID_CTRL) {
		if (tells_of_end(first, nl->family))
			return nl_fail(err, ENODEV, "the vdpa kernel module was unloaded");
		return 0;
	}
	if (nl_parse(&reply, nl->rx, len) == NL_FAILED || reply.failed)
		return -1;
	return 0;
}

void nl_drain(struct nl *nl)
{
	int fd = mnl_socket_get_fd(nl->socket);

	while (recv(fd, nl->rx, NL_RX_SIZE, MSG_DONTWAIT) >= 0 || errno == ENOBUFS || errno == EINTR)
		;
}

/*
 * Full error reports, without our own request repeated in them. A kernel that
 * lacks one of these answers as well, only with fewer words.
 */
static void set_options(struct mnl_socket *socket)
{
	static const int wanted[] = { NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK };
	int on = 1;

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		mnl_socket_setsockopt(socket, wanted[i], &on, sizeof(on));
}

static int socket_open(struct nl *nl, struct nl_error *err)
{
	memset(nl, 0, sizeof(*nl));
	/* Zeroed by the kernel, a page at a time, and only where it is used. */
	nl->tx = mmap(NULL, NL_TX_SIZE + NL_RX_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (nl->tx == MAP_FAILED)
		error_no_memory();
	nl->rx = nl->tx + NL_TX_SIZE;
	/* Not bound: the kernel picks an address at the first send. */
	nl->socket = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!nl->socket) {
		nl_fail(err, errno, "netlink socket: %s", strerror(errno));
		nl_close(nl);
		return -1;
	}
	set_options(nl->socket);
	return 0;
}

void nl_close(struct nl *nl)
{
	if (nl->socket)
		mnl_socket_close(nl->socket);
	nl->socket = NULL;
	if (nl->tx)
		munmap(nl->tx, NL_TX_SIZE + NL_RX_SIZE);
	nl->tx = nl->rx = NULL;
}

bool nl_knows(const struct nl *nl, uint8_t command)
{
	return nl->commands[command] != 0;
}

bool nl_dumps(const struct nl *nl, uint8_t command)
{
	return nl->commands[command] & GENL_CMD_CAP_DUMP;
}

/* --- the family --- */

static void family_command(struct nl *nl, const struct nlattr *op)
{
	const struct nlattr *attr;
	uint32_t id = 0, flags = 0;

	mnl_attr_for_each_nested(attr, op) {
		if (mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
			continue;
		if (mnl_attr_get_type(attr) == CTRL_ATTR_OP_ID)
			id = mnl_attr_get_u32(attr);
		else if (mnl_attr_get_type(attr) == CTRL_ATTR_OP_FLAGS)
			flags = mnl_attr_get_u32(attr);
	}
	/* A command that is listed is known, whatever its flags. */
	if (id < sizeof(nl->commands))
		nl->commands[id] = flags | GENL_CMD_CAP_HASPOL;
}

static void family_group(struct nl *nl, const struct nlattr *group)
{
	const struct nlattr *attr;
	bool monitor = false;
	uint32_t id = 0;

	mnl_attr_for_each_nested(attr, group) {
		if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_NAME &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0)
			monitor = strcmp(mnl_attr_get_str(attr), VDPA_MCGRP_MONITOR) == 0;
		else if (mnl_attr_get_type(attr) == CTRL_ATTR_MCAST_GRP_ID &&
			 mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
			id = mnl_attr_get_u32(attr);
	}
	if (monitor)
		nl->monitor_group = id;
}

int nl_family_cb(const struct nlmsghdr *nlh, struct nl_error *err, void *data)
{
	const struct nlattr *attr, *nested;
	struct nl *nl = data;

	mnl_attr_for_each(attr, nlh, GENL_HDRLEN) {
		switch (mnl_attr_get_type(attr)) {
		case CTRL_ATTR_FAMILY_ID:
			if (mnl_attr_validate(attr, MNL_TYPE_U16) == 0)
				nl->family = mnl_attr_get_u16(attr);
			break;
		case CTRL_ATTR_OPS:
			mnl_attr_for_each_nested(nested, attr)
				family_command(nl, nested);
			break;
		case CTRL_ATTR_MCAST_GROUPS:
			mnl_attr_for_each_nested(nested, attr)
				family_group(nl, nested);
			break;
		}
	}
	if (nl->family < NLMSG_MIN_TYPE)
		return nl_fail(err, EBADMSG, "the kernel's description of its vdpa family is malformed");
	return 0;
}

static int family_resolve(struct nl *nl, struct nl_error *err)
{
	struct nlmsghdr *nlh;

	nl->family = GENL_ID_CTRL;
	nlh = nl_request(nl, CTRL_CMD_GETFAMILY, 0);
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, VDPA_GENL_NAME);
	if (nl_exchange(nl, nl_family_cb, nl, NULL, err) == 0)
		return 0;
	if (err->errnum != ENOENT)
		return -1;
	if (access("/sys/bus/vdpa", F_OK) == 0)
		return nl_fail(err, ENOENT,
			       "vdpa is managed from the initial network namespace, this is another one");
	return nl_fail(err, ENOENT, "the vdpa kernel module is not loaded (modprobe vdpa)");
}

int nl_open(struct nl *nl, struct nl_error *err)
{
	if (socket_open(nl, err) < 0)
		return -1;
	if (family_resolve(nl, err) == 0)
		return 0;
	nl_close(nl);
	return -1;
}

int nl_open_like(struct nl *nl, const struct nl *like, struct nl_error *err)
{
	if (socket_open(nl, err) < 0)
		return -1;
	nl->family = like->family;
	nl->monitor_group = like->monitor_group;
	memcpy(nl->commands, like->commands, sizeof(nl->commands));
	return 0;
}
