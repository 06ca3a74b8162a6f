// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The whole state of a device, from one to another, as the core hands it out and takes it
 * (VDPA_CMD_DEV_STATE_GET and _SET): what goes beyond the place in each ring, chains in flight for
 * instance. Its pieces are passed on as they come.
 */
#define _GNU_SOURCE

#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/vdpa.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vmm.h"

#define MESSAGE_MAX	(64U * 1024)
#define FIRST_ATTR	(NLMSG_HDRLEN + GENL_HDRLEN)

/* A netlink message that is written or read, in one buffer. */
union message {
	struct nlmsghdr nlh;
	uint8_t bytes[MESSAGE_MAX];
};

/**
 * struct talk - a socket, and what it speaks
 * @fd: the socket
 * @family: number of the family vdpa
 * @seq: of the last request
 * @out: the request
 * @in: what has come
 */
struct talk {
	int fd;
	uint16_t family;
	uint32_t seq;
	union message out;
	union message in;
};

/* Attributes of pieces, one piece after the other: a length, and as many bytes. */
struct pieces {
	uint8_t *bytes;
	size_t len;
};

static void request(struct talk *talk, uint16_t type, uint8_t command, uint16_t flags)
{
	struct genlmsghdr *genl = NLMSG_DATA(&talk->out.nlh);

	talk->out.nlh = (struct nlmsghdr) {
		.nlmsg_len = FIRST_ATTR,
		.nlmsg_type = type,
		.nlmsg_flags = NLM_F_REQUEST | flags,
		.nlmsg_seq = ++talk->seq,
	};
	*genl = (struct genlmsghdr) { .cmd = command, .version = 1 };
}

static void put_bytes(struct talk *talk, const void *bytes, size_t len)
{
	struct nlmsghdr *nlh = &talk->out.nlh;

	if (len > MESSAGE_MAX - nlh->nlmsg_len)
		vmm_fail("a piece of a device's state is too long");
	memcpy(talk->out.bytes + nlh->nlmsg_len, bytes, len);
	nlh->nlmsg_len += len;
}

static void put(struct talk *talk, uint16_t type, const void *payload, size_t len)
{
	const struct nlattr attr = { .nla_len = NLA_HDRLEN + len, .nla_type = type };
	static const uint8_t padding[NLA_ALIGNTO];

	put_bytes(talk, &attr, sizeof(attr));
	put_bytes(talk, payload, len);
	put_bytes(talk, padding, NLA_ALIGN(len) - len);
}

static void put_name(struct talk *talk, uint16_t type, const char *name)
{
	put(talk, type, name, strlen(name) + 1);
}

static void send_out(struct talk *talk)
{
	if (send(talk->fd, talk->out.bytes, talk->out.nlh.nlmsg_len, 0) < 0)
		vmm_fail_errno("netlink");
}

/* The kernel's words about an error, or none. */
static const char *words(const struct nlmsghdr *nlh, size_t at)
{
	const struct nlattr *attr;

	for (; at + NLA_HDRLEN <= nlh->nlmsg_len; at += NLA_ALIGN(attr->nla_len)) {
		attr = (const void *)((const uint8_t *)nlh + at);
		if (attr->nla_len < NLA_HDRLEN)
			break;
		if (attr->nla_type == NLMSGERR_ATTR_MSG)
			return (const char *)attr + NLA_HDRLEN;
	}
	return "";
}

static void refused(const struct nlmsghdr *nlh, int error, size_t at)
{
	if (error)
		vmm_fail("%s: %s", strerror(-error), words(nlh, at));
}

/* Until the request is done; each message that comes meanwhile goes to @take. */
static void await(struct talk *talk, void (*take)(void *arg, const struct nlmsghdr *nlh), void *arg)
{
	struct nlmsghdr *nlh;
	ssize_t len;
	int error;

	for (;;) {
		len = recv(talk->fd, &talk->in, sizeof(talk->in), 0);
		if (len < 0)
			vmm_fail_errno("netlink");
		for (nlh = &talk->in.nlh; NLMSG_OK(nlh, len); nlh = NLMSG_NEXT(nlh, len)) {
			if (nlh->nlmsg_seq != talk->seq)
				continue;
			if (nlh->nlmsg_type >= NLMSG_MIN_TYPE) {
				take(arg, nlh);
				continue;
			}
			/* An acknowledgement without the request, or the end of a dump: an error first. */
			memcpy(&error, NLMSG_DATA(nlh), sizeof(error));
			refused(nlh, error, NLMSG_HDRLEN + (nlh->nlmsg_type == NLMSG_ERROR ?
							    sizeof(struct nlmsgerr) : sizeof(error)));
			return;
		}
	}
}

static void take_nothing(void *arg, const struct nlmsghdr *nlh)
{
	(void)arg;
	(void)nlh;
}

static void take_family(void *arg, const struct nlmsghdr *nlh)
{
	const struct nlattr *attr;
	struct talk *talk = arg;
	size_t at;

	for (at = FIRST_ATTR; at + NLA_HDRLEN <= nlh->nlmsg_len; at += NLA_ALIGN(attr->nla_len)) {
		attr = (const void *)((const uint8_t *)nlh + at);
		if (attr->nla_type == CTRL_ATTR_FAMILY_ID)
			memcpy(&talk->family, (const uint8_t *)attr + NLA_HDRLEN, sizeof(talk->family));
	}
}

static void talk_open(struct talk *talk)
{
	const int on = 1;

	talk->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (talk->fd < 0 ||
	    setsockopt(talk->fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on)) ||
	    setsockopt(talk->fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on)))
		vmm_fail_errno("netlink");
	request(talk, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, NLM_F_ACK);
	put_name(talk, CTRL_ATTR_FAMILY_NAME, VDPA_GENL_NAME);
	send_out(talk);
	await(talk, take_family, talk);
}

/* Without the device's name, which comes first. */
static void take_piece(void *arg, const struct nlmsghdr *nlh)
{
	const struct nlattr *name = (const void *)((const uint8_t *)nlh + FIRST_ATTR);
	struct pieces *pieces = arg;
	size_t from, len;

	if (nlh->nlmsg_len < FIRST_ATTR + NLA_HDRLEN || name->nla_type != VDPA_ATTR_DEV_NAME)
		vmm_fail("a piece of a device's state without its name");
	from = FIRST_ATTR + NLA_ALIGN(name->nla_len);
	if (from >= nlh->nlmsg_len)
		return;
	len = nlh->nlmsg_len - from;
	pieces->bytes = realloc(pieces->bytes, pieces->len + sizeof(len) + len);
	if (!pieces->bytes)
		vmm_fail_errno("realloc");
	memcpy(pieces->bytes + pieces->len, &len, sizeof(len));
	memcpy(pieces->bytes + pieces->len + sizeof(len), (const uint8_t *)nlh + from, len);
	pieces->len += sizeof(len) + len;
}

static void pass_on(struct talk *talk, const char *to, const struct pieces *pieces)
{
	size_t at, len;

	for (at = 0; at < pieces->len; at += sizeof(len) + len) {
		memcpy(&len, pieces->bytes + at, sizeof(len));
		request(talk, talk->family, VDPA_CMD_DEV_STATE_SET, NLM_F_ACK);
		put_name(talk, VDPA_ATTR_DEV_NAME, to);
		put_bytes(talk, pieces->bytes + at + sizeof(len), len);
		if (at + sizeof(len) + len == pieces->len)
			put(talk, VDPA_ATTR_STATE_END, NULL, 0);
		send_out(talk);
		await(talk, take_nothing, NULL);
	}
}

/* The state of the suspended device @from, loaded into the device @to. */
void vmm_carry(const char *from, const char *to)
{
	static struct talk talk = { .fd = -1 };
	struct pieces pieces = {};

	/* One that failed has left its socket, and what is under way there. */
	if (talk.fd >= 0)
		close(talk.fd);
	talk_open(&talk);
	request(&talk, talk.family, VDPA_CMD_DEV_STATE_GET, NLM_F_DUMP);
	put_name(&talk, VDPA_ATTR_DEV_NAME, from);
	send_out(&talk);
	await(&talk, take_piece, &pieces);
	pass_on(&talk, to, &pieces);
	free(pieces.bytes);
}
