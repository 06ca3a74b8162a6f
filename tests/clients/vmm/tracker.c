// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Pages that the device wrote, as the vdpa core tells them: over generic netlink, by system calls alone.
 */
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <linux/vdpa.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tracker.h"

#define WORD_PAGES	64

struct message {
	struct nlmsghdr nlh;
	struct genlmsghdr genl;
	uint8_t attrs[512];
};

static void put(struct message *msg, uint16_t type, const void *data, size_t len)
{
	struct nlattr *attr = (void *)((uint8_t *)msg + msg->nlh.nlmsg_len);

	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + len;
	memcpy(attr + 1, data, len);
	msg->nlh.nlmsg_len += NLA_ALIGN(attr->nla_len);
}

static struct message request(struct tracker *tracker, uint16_t type, uint8_t command)
{
	return (struct message) {
		.nlh = {
			.nlmsg_len = NLMSG_HDRLEN + GENL_HDRLEN,
			.nlmsg_type = type,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
			.nlmsg_seq = ++tracker->seq,
		},
		.genl = { .cmd = command, .version = 1 },
	};
}

/* The first attribute of that type among @len bytes, or the next behind @from; NULL: none. */
static const struct nlattr *find(const void *attrs, size_t len, uint16_t type, const struct nlattr *from)
{
	const uint8_t *at = from ? (const uint8_t *)from + NLA_ALIGN(from->nla_len) : attrs;
	const uint8_t *end = (const uint8_t *)attrs + len;

	while (end - at >= NLA_HDRLEN) {
		const struct nlattr *attr = (const void *)at;

		if ((attr->nla_type & NLA_TYPE_MASK) == type)
			return attr;
		at += NLA_ALIGN(attr->nla_len);
	}
	return NULL;
}

static uint64_t number(const struct nlattr *attr)
{
	uint64_t value = 0;

	if (!attr)
		vmm_fail("the core's answer lacks something");
	memcpy(&value, attr + 1, attr->nla_len - NLA_HDRLEN);
	return value;
}

/* Sends @msg; the answer, if there is one beside the acknowledgement, is in @tracker. */
static void ask(struct tracker *tracker, struct message *msg, const char *what)
{
	const struct nlmsghdr *nlh;
	ssize_t len;

	if (send(tracker->fd, msg, msg->nlh.nlmsg_len, 0) < 0)
		vmm_fail_errno(what);
	tracker->len = 0;
	for (;;) {
		len = recv(tracker->fd, tracker->buf, sizeof(tracker->buf), 0);
		if (len < 0)
			vmm_fail_errno(what);
		nlh = (const void *)tracker->buf;
		if (nlh->nlmsg_type == NLMSG_ERROR)
			break;
		tracker->len = nlh->nlmsg_len - NLMSG_HDRLEN - GENL_HDRLEN;
		memcpy(tracker->answer, tracker->buf + NLMSG_HDRLEN + GENL_HDRLEN, tracker->len);
	}
	errno = -((const struct nlmsgerr *)(nlh + 1))->error;
	if (errno)
		vmm_fail_errno(what);
}

/* Has device @device note what it writes to our memory. */
void tracker_start(struct tracker *tracker, const char *device, uint64_t first, uint64_t last)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct message msg;
	struct nlattr *nest;

	snprintf(tracker->device, sizeof(tracker->device), "%s", device);
	tracker->first = first;
	tracker->last = last;
	tracker->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (tracker->fd < 0 || connect(tracker->fd, (void *)&kernel, sizeof(kernel)))
		vmm_fail_errno("netlink");
	msg = request(tracker, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	put(&msg, CTRL_ATTR_FAMILY_NAME, VDPA_GENL_NAME, sizeof(VDPA_GENL_NAME));
	ask(tracker, &msg, "family");
	tracker->family = number(find(tracker->answer, tracker->len, CTRL_ATTR_FAMILY_ID, NULL));

	msg = request(tracker, tracker->family, VDPA_CMD_DEV_DIRTY_START);
	put(&msg, VDPA_ATTR_DEV_NAME, device, strlen(device) + 1);
	nest = (void *)((uint8_t *)&msg + msg.nlh.nlmsg_len);
	put(&msg, VDPA_ATTR_DIRTY_RANGE | NLA_F_NESTED, NULL, 0);
	put(&msg, VDPA_ATTR_DIRTY_FIRST, &first, sizeof(first));
	put(&msg, VDPA_ATTR_DIRTY_LAST, &last, sizeof(last));
	nest->nla_len = (uint8_t *)&msg + msg.nlh.nlmsg_len - (uint8_t *)nest;
	ask(tracker, &msg, "dirty start");
}

static uint64_t take(const struct tracker *tracker, uint64_t page_size, const struct nlattr *stretch,
		     void (*page)(void *arg, uint64_t iova, uint64_t size), void *arg)
{
	const void *in = stretch + 1;
	size_t len = stretch->nla_len - NLA_HDRLEN, i, n;
	const struct nlattr *bitmap = find(in, len, VDPA_ATTR_DIRTY_BITMAP, NULL);
	uint64_t iova = number(find(in, len, VDPA_ATTR_DIRTY_FIRST, NULL)), word, pages = 0;

	if (!bitmap)
		vmm_fail("a stretch without a bitmap");
	n = (bitmap->nla_len - NLA_HDRLEN) / sizeof(word);
	for (i = 0; i < n * WORD_PAGES; i++, iova += page_size) {
		memcpy(&word, (const uint8_t *)(bitmap + 1) + i / WORD_PAGES * sizeof(word), sizeof(word));
		if (!(word >> i % WORD_PAGES & 1))
			continue;
		if (iova < tracker->first || iova > tracker->last)
			vmm_fail("a page that was not asked for");
		page(arg, iova, page_size);
		pages++;
	}
	return pages;
}

/* Reads and clears all of it: @page for each that was written. Returns how many there were. */
uint64_t tracker_read(struct tracker *tracker, void (*page)(void *arg, uint64_t iova, uint64_t size), void *arg)
{
	uint64_t from = tracker->first, pages = 0, page_size;
	const struct nlattr *stretch;
	struct message msg;

	for (;;) {
		msg = request(tracker, tracker->family, VDPA_CMD_DEV_DIRTY_GET);
		put(&msg, VDPA_ATTR_DEV_NAME, tracker->device, strlen(tracker->device) + 1);
		put(&msg, VDPA_ATTR_DIRTY_FIRST, &from, sizeof(from));
		put(&msg, VDPA_ATTR_DIRTY_LAST, &tracker->last, sizeof(tracker->last));
		ask(tracker, &msg, "dirty show");
		page_size = number(find(tracker->answer, tracker->len, VDPA_ATTR_DIRTY_PAGE_SIZE, NULL));
		for (stretch = NULL;
		     (stretch = find(tracker->answer, tracker->len, VDPA_ATTR_DIRTY_STRETCH, stretch));)
			pages += take(tracker, page_size, stretch, page, arg);
		from = number(find(tracker->answer, tracker->len, VDPA_ATTR_DIRTY_LAST, NULL));
		if (from++ == tracker->last)
			return pages;
	}
}

void tracker_stop(struct tracker *tracker)
{
	struct message msg = request(tracker, tracker->family, VDPA_CMD_DEV_DIRTY_STOP);

	put(&msg, VDPA_ATTR_DEV_NAME, tracker->device, strlen(tracker->device) + 1);
	ask(tracker, &msg, "dirty stop");
	close(tracker->fd);
}
