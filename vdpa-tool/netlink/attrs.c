// SPDX-License-Identifier: GPL-2.0-or-later
#define _POSIX_C_SOURCE 200809L
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <linux/genetlink.h>
#include <linux/if_ether.h>
#include <linux/vdpa.h>

#include "base/memory.h"
#include "netlink/attrs.h"
#include "netlink/bits.h"
#include "output/text.h"

/*
 * An unsigned integer may come in any width: the kernel widens attributes, and
 * has sent some wider than its header says (VDPA_ATTR_DEV_NET_STATUS).
 */
enum attr_kind { KIND_UNKNOWN, KIND_UINT, KIND_STRING, KIND_MAC, KIND_BYTES, KIND_WORDS, KIND_U16S };

#define ATTR(name, kind) [name] = { #name, kind }

/* Names in place: pointers would have to be set whenever the command starts. */
static const struct attr_info {
	char name[44];
	enum attr_kind kind;
} infos[ATTR_SLOTS] = {
	ATTR(VDPA_ATTR_MGMTDEV_BUS_NAME,		KIND_STRING),
	ATTR(VDPA_ATTR_MGMTDEV_DEV_NAME,		KIND_STRING),
	ATTR(VDPA_ATTR_MGMTDEV_SUPPORTED_CLASSES,	KIND_UINT),
	ATTR(VDPA_ATTR_DEV_NAME,			KIND_STRING),
	ATTR(VDPA_ATTR_DEV_ID,				KIND_UINT),
	ATTR(VDPA_ATTR_DEV_VENDOR_ID,			KIND_UINT),
	ATTR(VDPA_ATTR_DEV_MAX_VQS,			KIND_UINT),
	ATTR(VDPA_ATTR_DEV_MAX_VQ_SIZE,			KIND_UINT),
	ATTR(VDPA_ATTR_DEV_MIN_VQ_SIZE,			KIND_UINT),
	ATTR(VDPA_ATTR_DEV_NET_CFG_MACADDR,		KIND_MAC),
	ATTR(VDPA_ATTR_DEV_NET_STATUS,			KIND_UINT),
	ATTR(VDPA_ATTR_DEV_NET_CFG_MAX_VQP,		KIND_UINT),
	ATTR(VDPA_ATTR_DEV_NET_CFG_MTU,			KIND_UINT),
	ATTR(VDPA_ATTR_DEV_NEGOTIATED_FEATURES,		KIND_UINT),
	ATTR(VDPA_ATTR_DEV_MGMTDEV_MAX_VQS,		KIND_UINT),
	ATTR(VDPA_ATTR_DEV_SUPPORTED_FEATURES,		KIND_UINT),
	ATTR(VDPA_ATTR_DEV_QUEUE_INDEX,			KIND_UINT),
	ATTR(VDPA_ATTR_DEV_VENDOR_ATTR_NAME,		KIND_STRING),
	ATTR(VDPA_ATTR_DEV_VENDOR_ATTR_VALUE,		KIND_UINT),
	ATTR(VDPA_ATTR_DEV_FEATURES,			KIND_UINT),
	ATTR(VDPA_ATTR_DEV_BLK_CFG_CAPACITY,		KIND_UINT),
	ATTR(VDPA_ATTR_DEV_BLK_CFG_SIZE_MAX,		KIND_UINT),
	ATTR(VDPA_ATTR_DEV_BLK_CFG_BLK_SIZE,		KIND_UINT),
	ATTR(VDPA_ATTR_DEV_BLK_CFG_SEG_MAX,		KIND_UINT),
	ATTR(VDPA_ATTR_DEV_BLK_CFG_NUM_QUEUES,		KIND_UINT),
	ATTR(VDPA_ATTR_DEV_BLK_CFG_PHY_BLK_EXP,		KIND_UINT),
	ATTR(VDPA_ATTR_DEV_BLK_CFG_ALIGN_OFFSET,	KIND_UINT),
	ATTR(VDPA_ATTR_DEV_BLK_CFG_MIN_IO_SIZE,		KIND_UINT),
	ATTR(VDPA_ATTR_DEV_BLK_CFG_OPT_IO_SIZE,		KIND_UINT),
	ATTR(VDPA_ATTR_DEV_BLK_CFG_MAX_DISCARD_SEC,	KIND_UINT),
	ATTR(VDPA_ATTR_DEV_BLK_CFG_MAX_DISCARD_SEG,	KIND_UINT),
	ATTR(VDPA_ATTR_DEV_BLK_CFG_DISCARD_SEC_ALIGN,	KIND_UINT),
	ATTR(VDPA_ATTR_DEV_BLK_CFG_MAX_WRITE_ZEROES_SEC, KIND_UINT),
	ATTR(VDPA_ATTR_DEV_BLK_CFG_MAX_WRITE_ZEROES_SEG, KIND_UINT),
	ATTR(VDPA_ATTR_DEV_BLK_READ_ONLY,		KIND_UINT),
	ATTR(VDPA_ATTR_DEV_BLK_FLUSH,			KIND_UINT),
	ATTR(VDPA_ATTR_DEV_STATE,			KIND_UINT),
	ATTR(VDPA_ATTR_DEV_STATUS,			KIND_UINT),
	ATTR(VDPA_ATTR_DEV_CAPS,			KIND_UINT),
	ATTR(VDPA_ATTR_DEV_DRIVER,			KIND_STRING),
	ATTR(VDPA_ATTR_DEV_TRANSITIONS,			KIND_UINT),
	ATTR(VDPA_ATTR_DEV_SUSPEND_LAST,		KIND_UINT),
	ATTR(VDPA_ATTR_DEV_SUSPEND_MAX,			KIND_UINT),
	ATTR(VDPA_ATTR_DEV_RESUME_LAST,			KIND_UINT),
	ATTR(VDPA_ATTR_DEV_RESUME_MAX,			KIND_UINT),
	ATTR(VDPA_ATTR_DEV_GROUP,			KIND_UNKNOWN),
	ATTR(VDPA_ATTR_DEADLINE,			KIND_UINT),
	ATTR(VDPA_ATTR_VQ_TYPE,				KIND_UINT),
	ATTR(VDPA_ATTR_VQ_READY,			KIND_UINT),
	ATTR(VDPA_ATTR_VQ_SIZE,				KIND_UINT),
	ATTR(VDPA_ATTR_VQ_AVAIL_INDEX,			KIND_UINT),
	ATTR(VDPA_ATTR_VQ_AVAIL_COUNTER,		KIND_UINT),
	ATTR(VDPA_ATTR_VQ_USED_INDEX,			KIND_UINT),
	ATTR(VDPA_ATTR_VQ_USED_COUNTER,			KIND_UINT),
	ATTR(VDPA_ATTR_VQ_STABLE,			KIND_UINT),
	ATTR(VDPA_ATTR_EVENT,				KIND_UINT),
	ATTR(VDPA_ATTR_EVENT_SEQ,			KIND_UINT),
	ATTR(VDPA_ATTR_EVENT_TIME,			KIND_UINT),
	ATTR(VDPA_ATTR_DEV_STATE_OLD,			KIND_UINT),
	ATTR(VDPA_ATTR_EVENT_CAUSE,			KIND_UINT),
	ATTR(VDPA_ATTR_MIGRATION,			KIND_BYTES),
	ATTR(VDPA_ATTR_STATE_FEATURES,			KIND_UINT),
	ATTR(VDPA_ATTR_STATE_STATUS,			KIND_UINT),
	ATTR(VDPA_ATTR_STATE_PRIVATE,			KIND_BYTES),
	ATTR(VDPA_ATTR_STATE_VQ,			KIND_BYTES),
	ATTR(VDPA_ATTR_STATE_OFFSET,			KIND_UINT),
	ATTR(VDPA_ATTR_STATE_END,			KIND_UNKNOWN),
	ATTR(VDPA_ATTR_DEV_SUSPEND_ESTIMATE,		KIND_UINT),
	ATTR(VDPA_ATTR_DEV_RESUME_ESTIMATE,		KIND_UINT),
	ATTR(VDPA_ATTR_DEV_SUSPENDED_BY,		KIND_UINT),
	ATTR(VDPA_ATTR_FORCE,				KIND_BYTES),
	ATTR(VDPA_ATTR_NOWAIT,				KIND_BYTES),
	ATTR(VDPA_ATTR_DEV_UNANSWERED,			KIND_BYTES),
	ATTR(VDPA_ATTR_DEV_SUPPORTED_FEATURES_WORDS,	KIND_WORDS),
	ATTR(VDPA_ATTR_DEV_FEATURES_WORDS,		KIND_WORDS),
	ATTR(VDPA_ATTR_DEV_NEGOTIATED_FEATURES_WORDS,	KIND_WORDS),
	ATTR(VDPA_ATTR_STATE_FEATURES_WORDS,		KIND_WORDS),
	ATTR(VDPA_ATTR_PRECOPY_INITIAL,			KIND_UINT),
	ATTR(VDPA_ATTR_PRECOPY_DIRTY,			KIND_UINT),
	ATTR(VDPA_ATTR_STATE_ROUND,			KIND_UINT),
	ATTR(VDPA_ATTR_STATE_ROUNDS,			KIND_UINT),
	ATTR(VDPA_ATTR_STATE_REST,			KIND_BYTES),
	ATTR(VDPA_ATTR_ESTIMATE_BYTES,			KIND_UINT),
	ATTR(VDPA_ATTR_ESTIMATE_CHANGED,		KIND_UINT),
	ATTR(VDPA_ATTR_DIRTY_RANGE,			KIND_BYTES),
	ATTR(VDPA_ATTR_DIRTY_FIRST,			KIND_UINT),
	ATTR(VDPA_ATTR_DIRTY_LAST,			KIND_UINT),
	ATTR(VDPA_ATTR_DIRTY_ASID,			KIND_UINT),
	ATTR(VDPA_ATTR_DIRTY_PAGE_SIZE,			KIND_UINT),
	ATTR(VDPA_ATTR_DIRTY_STRETCH,			KIND_BYTES),
	ATTR(VDPA_ATTR_DIRTY_BITMAP,			KIND_BYTES),
	ATTR(VDPA_ATTR_DIRTY_KEEP,			KIND_BYTES),
	ATTR(VDPA_ATTR_VQ_INFLIGHT,			KIND_U16S),
	ATTR(VDPA_ATTR_DEV_DRIVER_OVERRIDE,		KIND_STRING),
	ATTR(VDPA_ATTR_DEV_CREATED_WITH,		KIND_BYTES),
	ATTR(VDPA_ATTR_VQ_GROUP,			KIND_UINT),
	ATTR(VDPA_ATTR_VQ_ASID,				KIND_UINT),
	ATTR(VDPA_ATTR_MGMTDEV_DEV_NEW_ATTRS,		KIND_UINT),
};

#undef ATTR

void attr_name(uint16_t type, char *buf, size_t len)
{
	if (type < ATTR_SLOTS && *infos[type].name)
		snprintf(buf, len, "%s", infos[type].name);
	else
		snprintf(buf, len, "attribute %u", type);
}

static bool attr_valid(enum attr_kind kind, const struct nlattr *attr, uint16_t len)
{
	struct bits bits;

	switch (kind) {
	case KIND_UINT:
		return len == 1 || len == 2 || len == 4 || len == 8;
	case KIND_MAC:
		return len == ETH_ALEN;
	case KIND_WORDS:
		return bits_read(attr, &bits);
	case KIND_U16S:
		return len % sizeof(uint16_t) == 0;
	default:
		return true;	/* strings and bytes are taken by their length */
	}
}

/* What is in an attribute, and how long it is; the library's functions do the same by a call each. */
static inline const char *payload(const struct nlattr *attr)
{
	return (const char *)attr + NLA_HDRLEN;
}

static inline uint16_t payload_len(const struct nlattr *attr)
{
	return attr->nla_len - NLA_HDRLEN;
}

/*
 * By the header alone, without a call of the library for each field: there are a dozen attributes in each of thousands
 * of messages.
 */
static int parse(const char *at, const char *tail, const struct nlattr **slots, struct nl_error *err)
{
	/* NOLINTNEXTLINE(bugprone-sizeof-expression): the slots are pointers */
	memset(slots, 0, ATTR_SLOTS * sizeof(*slots));
	while (tail - at >= NLA_HDRLEN) {
		const struct nlattr *attr = (const void *)at;
		uint16_t type, len;

		if (attr->nla_len < NLA_HDRLEN || attr->nla_len > tail - at)
			return nl_fail(err, EBADMSG,
				       "malformed reply: an attribute does not fit into its message");
		type = attr->nla_type & NLA_TYPE_MASK;
		len = payload_len(attr);
		/* The last one's padding may be left out. */
		at += tail - at < NLA_ALIGN(attr->nla_len) ? tail - at : NLA_ALIGN(attr->nla_len);
		if (type >= ATTR_SLOTS || infos[type].kind == KIND_UNKNOWN)
			continue;
		if (!attr_valid(infos[type].kind, attr, len))
			return nl_fail(err, EBADMSG, "malformed reply: %s has %u bytes",
				       infos[type].name, len);
		slots[type] = attr;
	}
	return 0;
}

int attrs_parse(const struct nlmsghdr *nlh, const struct nlattr **slots, struct nl_error *err)
{
	/* Not where libmnl sees the end: it counts padding in, which may not be there. */
	return parse(mnl_nlmsg_get_payload_offset(nlh, GENL_HDRLEN),
		     (const char *)nlh + nlh->nlmsg_len, slots, err);
}

int attrs_parse_nested(const struct nlattr *nest, const struct nlattr **slots, struct nl_error *err)
{
	return parse(payload(nest), payload(nest) + payload_len(nest), slots, err);
}

int attrs_require(const struct nlattr **slots, uint16_t required, struct nl_error *err)
{
	if (slots[required])
		return 0;
	return nl_fail(err, EBADMSG, "malformed reply: %s is missing", infos[required].name);
}

/* Payloads are aligned to four bytes only. */
uint64_t attr_uint(const struct nlattr *attr)
{
	const char *bytes = payload(attr);
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;

	switch (payload_len(attr)) {
	case sizeof(uint8_t):
		return *(const uint8_t *)bytes;
	case sizeof(u16):
		memcpy(&u16, bytes, sizeof(u16));
		return u16;
	case sizeof(u32):
		memcpy(&u32, bytes, sizeof(u32));
		return u32;
	default:
		memcpy(&u64, bytes, sizeof(u64));
		return u64;
	}
}

const char *attr_text(const struct nlattr *attr, size_t *len)
{
	*len = strnlen(payload(attr), payload_len(attr));
	return payload(attr);
}

char *attr_string(const struct nlattr *attr)
{
	size_t len;
	const char *text = attr_text(attr, &len);

	return text_utf8(text, len);
}

char *attr_copy(const struct nlattr *attr)
{
	size_t len;
	const char *text = attr_text(attr, &len);
	char *copy = strndup(text, len);

	if (!copy)
		error_no_memory();
	return copy;
}

size_t attr_bytes(const struct nlattr *attr, char *buf, size_t len)
{
	size_t n;
	const char *text = attr_text(attr, &n);

	if (n >= len)
		n = 0;
	memcpy(buf, text, n);
	buf[n] = '\0';
	return n;
}
