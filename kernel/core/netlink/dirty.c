// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dirty page tracking over netlink.
 *
 * A client reads a range in several requests. Each reads, and so clears, only pages that fit into
 * its reply.
 */
#include <linux/err.h>
#include <linux/log2.h>
#include <linux/slab.h>
#include <linux/vdpa.h>
#include <net/genetlink.h>
#include <uapi/linux/vdpa.h>

#include "device.h"
#include "migration/dirty.h"
#include "netlink/netlink.h"
#include "netlink/nl_request.h"

/* Pages in a word of the bitmap. */
#define WORD_PAGES	64

/* Up to this many clean words are cheaper within a stretch than a new stretch. */
#define GAP_WORDS	2

static const struct nla_policy range_policy[VDPA_ATTR_DIRTY_ASID + 1] = {
	[VDPA_ATTR_DIRTY_FIRST]		= { .type = NLA_U64 },
	[VDPA_ATTR_DIRTY_LAST]		= { .type = NLA_U64 },
	[VDPA_ATTR_DIRTY_ASID]		= { .type = NLA_U32 },
};

/* @nest: the enclosing attribute; NULL: the request itself. Return: 0 or -EINVAL. */
static int read_range(struct nlattr **attrs, const struct nlattr *nest,
		      struct vdpa_dirty_range *range, struct netlink_ext_ack *extack)
{
	static const enum vdpa_attr needed[] = { VDPA_ATTR_DIRTY_FIRST, VDPA_ATTR_DIRTY_LAST };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(needed); i++) {
		if (attrs[needed[i]])
			continue;
		NL_SET_ERR_ATTR_MISS(extack, nest, needed[i]);
		NL_SET_ERR_MSG(extack, "a range has a first and a last address");
		return -EINVAL;
	}
	range->first = nla_get_u64(attrs[VDPA_ATTR_DIRTY_FIRST]);
	range->last = nla_get_u64(attrs[VDPA_ATTR_DIRTY_LAST]);
	if (attrs[VDPA_ATTR_DIRTY_ASID])
		range->asid = nla_get_u32(attrs[VDPA_ATTR_DIRTY_ASID]);
	return 0;
}

/* --- start --- */

/* Return: the number of ranges, or -E2BIG. */
static int count_ranges(struct genl_info *info)
{
	const struct nlattr *attr;
	int left, n = 0;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, left) {
		if (nla_type(attr) != VDPA_ATTR_DIRTY_RANGE || ++n <= VDPA_DIRTY_RANGES_MAX)
			continue;
		NL_SET_ERR_MSG_ATTR_FMT(info->extack, attr, "more than %u ranges",
					VDPA_DIRTY_RANGES_MAX);
		return -E2BIG;
	}
	return n;
}

static int read_ranges(struct genl_info *info, struct vdpa_dirty_range *range)
{
	struct nlattr *tb[ARRAY_SIZE(range_policy)];
	const struct nlattr *attr;
	int left, err;

	nlmsg_for_each_attr(attr, info->nlhdr, GENL_HDRLEN, left) {
		if (nla_type(attr) != VDPA_ATTR_DIRTY_RANGE)
			continue;
		err = vdpa_nl_parse_nested(tb, VDPA_ATTR_DIRTY_ASID, attr, range_policy,
					   info->extack) ?:
		      read_range(tb, attr, range++, info->extack);
		if (err)
			return err;
	}
	return 0;
}

static bool is_page_size(u64 size)
{
	return is_power_of_2(size) && size >= VDPA_DIRTY_PAGE_SIZE_MIN &&
	       size <= VDPA_DIRTY_PAGE_SIZE_MAX;
}

/* Return: the ranges and the page size to track, or an ERR_PTR. */
static struct vdpa_dirty *read_wish(struct genl_info *info)
{
	const struct nlattr *page_size = info->attrs[VDPA_ATTR_DIRTY_PAGE_SIZE];
	int err = count_ranges(info);
	struct vdpa_dirty *wish;

	if (err < 0)
		return ERR_PTR(err);
	wish = vdpa_dirty_new(err);
	if (!wish)
		return ERR_PTR(-ENOMEM);
	err = read_ranges(info, wish->ranges);
	if (!err && page_size) {
		wish->page_size = nla_get_u64(page_size);
		if (!is_page_size(wish->page_size)) {
			NL_SET_ERR_MSG_ATTR_FMT(info->extack, page_size,
						"%llu is not a power of two from %llu to %llu",
						wish->page_size, VDPA_DIRTY_PAGE_SIZE_MIN,
						VDPA_DIRTY_PAGE_SIZE_MAX);
			err = -EINVAL;
		}
	}
	if (!err)
		return wish;
	kfree(wish);
	return ERR_PTR(err);
}

static int start(struct vdpa_request *req)
{
	int err = vdpa_dirty_start(req, req->data);

	kfree(req->data);
	return err;
}

/* Return: 0 or -EOPNOTSUPP. */
static int check_can(struct genl_info *info)
{
	int err = vdpa_dirty_can(vdpa_nl_entry(info), info->extack);

	if (err)
		NL_SET_BAD_ATTR(info->extack, info->attrs[VDPA_ATTR_DEV_NAME]);
	return err;
}

int vdpa_nl_dev_dirty_start_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct vdpa_entry *entry = vdpa_nl_entry(info);
	struct vdpa_request *req;
	struct vdpa_dirty *wish;
	int err = check_can(info);

	if (err)
		return err;
	wish = read_wish(info);
	if (IS_ERR(wish))
		return PTR_ERR(wish);
	req = vdpa_nl_request_new(skb, info);
	if (IS_ERR(req)) {
		kfree(wish);
		return PTR_ERR(req);
	}
	req->entry = entry;
	req->data = wish;
	vdpa_entry_get(entry);
	vdpa_request_queue(req, start);
	return vdpa_nl_request_wait(req);
}

/* --- get --- */

/**
 * struct writer - writes the reply with dirty pages
 * @sink: the part that the parent sees
 * @req: the request
 * @range: the range to read
 * @shift: log2 of the page size
 * @msg: the reply
 * @stretch: the stretch with the last word; NULL: none yet
 * @bitmap: the bitmap in @stretch
 * @next: address after the last word
 * @full: there was no room for a word
 */
struct writer {
	struct vdpa_dirty_sink sink;
	struct vdpa_request *req;
	const struct vdpa_dirty_range *range;
	unsigned int shift;
	struct sk_buff *msg;
	struct nlattr *stretch;
	struct nlattr *bitmap;
	u64 next;
	bool full;
};

static u64 word_bytes(const struct writer *w)
{
	return (u64)WORD_PAGES << w->shift;
}

static void end_stretch(struct writer *w)
{
	if (w->stretch)
		nla_nest_end(w->msg, w->stretch);
	w->stretch = NULL;
}

/* Without a pad attribute, as in requests. */
static int put_u64(struct sk_buff *msg, int type, u64 value)
{
	return nla_put(msg, type, sizeof(value), &value);
}

/* Begin a stretch, with room for a word. */
static int begin_stretch(struct writer *w, u64 iova)
{
	struct sk_buff *msg = w->msg;

	end_stretch(w);
	w->full = skb_tailroom(msg) < 2 * nla_total_size(0) + 2 * nla_total_size(sizeof(u64));
	if (w->full)
		return -ENOSPC;
	w->stretch = nla_nest_start(msg, VDPA_ATTR_DIRTY_STRETCH);
	put_u64(msg, VDPA_ATTR_DIRTY_FIRST, iova);
	w->bitmap = nla_reserve(msg, VDPA_ATTR_DIRTY_BITMAP, 0);
	w->next = iova;
	return 0;
}

/* Append a word to the bitmap, which is at the end of the message. */
static void append(struct writer *w, u64 word)
{
	skb_put_data(w->msg, &word, sizeof(word));
	w->bitmap->nla_len += sizeof(word);
	w->next += word_bytes(w);
}

/* Return: whether the word continues the present stretch, perhaps after clean words. */
static bool goes_on(const struct writer *w, u64 iova)
{
	u64 gap = iova - w->next;

	return w->stretch && gap <= GAP_WORDS * word_bytes(w) &&
	       skb_tailroom(w->msg) >= (GAP_WORDS + 1) * sizeof(u64);
}

/* Check the parent's word: within the range, not clean, and in ascending order. */
static bool is_word(const struct writer *w, u64 iova, u64 pages)
{
	if (!IS_ALIGNED(iova, word_bytes(w)) || iova > w->range->last ||
	    iova + (word_bytes(w) - 1) < w->range->first || (w->bitmap && iova < w->next))
		return false;
	return pages && !(pages & ~vdpa_dirty_mask(iova, w->range, w->shift));
}

static int put_word(struct vdpa_dirty_sink *to, u64 iova, u64 pages)
{
	struct writer *w = container_of(to, struct writer, sink);
	int err = 0;

	if (vdpa_request_abandoned(w->req))
		return -ECANCELED;
	if (!is_word(w, iova, pages))
		return -EINVAL;
	if (!goes_on(w, iova))
		err = begin_stretch(w, iova);
	if (err)
		return err;
	while (w->next != iova)
		append(w, 0);
	append(w, pages);
	return 0;
}

static void *message_begin(struct sk_buff *msg, struct vdpa_request *req,
			   const struct vdpa_dirty *dirty)
{
	const struct genl_info *info = vdpa_nl_request_info(req);
	void *hdr = genlmsg_put(msg, info->snd_portid, info->snd_seq, &vdpa_nl_family, 0,
				VDPA_CMD_DEV_DIRTY_GET);

	if (!hdr || nla_put_string(msg, VDPA_ATTR_DEV_NAME, vdpa_entry_name(req->entry)) ||
	    put_u64(msg, VDPA_ATTR_DIRTY_PAGE_SIZE, dirty->page_size))
		return NULL;
	return hdr;
}

static int put_range(struct sk_buff *msg, const struct vdpa_dirty_range *range)
{
	return nla_put_u32(msg, VDPA_ATTR_DIRTY_ASID, range->asid) ?:
	       put_u64(msg, VDPA_ATTR_DIRTY_FIRST, range->first) ?:
	       put_u64(msg, VDPA_ATTR_DIRTY_LAST, range->last);
}

/*
 * Set @last to the end of what was read. Return: 0 if the reply is complete or full, else the
 * error.
 */
static int end_reading(struct writer *w, int err, u64 *last)
{
	end_stretch(w);
	*last = w->range->last;
	if (err && w->bitmap && w->next - 1 < *last)
		*last = w->next - 1;
	if (!w->full)
		return err;
	w->req->extack = (struct netlink_ext_ack){};
	return 0;
}

/* @told: set if the reply has pages. They are cleared, so the reply is sent even after an error. */
static int put_pages(struct sk_buff *msg, struct vdpa_request *req, const struct vdpa_dirty *dirty,
		     bool *told)
{
	const struct genl_info *info = vdpa_nl_request_info(req);
	struct vdpa_dirty_range range = {};
	struct writer w = {
		.sink = { .put = put_word },
		.req = req,
		.range = &range,
		.shift = ilog2(dirty->page_size),
		.msg = msg,
	};
	void *last_at;
	u64 last;
	int err;

	err = read_range(info->attrs, NULL, &range, &req->extack) ?:
	      vdpa_dirty_check_range(req, &range) ?:
	      put_range(msg, &range);
	if (err)
		return err;
	last_at = skb_tail_pointer(msg) - sizeof(last);
	err = vdpa_dirty_read(req, &range, !info->attrs[VDPA_ATTR_DIRTY_KEEP], &w.sink);
	err = end_reading(&w, err, &last);
	memcpy(last_at, &last, sizeof(last));
	*told = w.bitmap;
	return err;
}

static int put_tracked(struct sk_buff *msg, const struct vdpa_dirty *dirty)
{
	struct nlattr *nest;
	unsigned int i;

	for (i = 0; i < dirty->n; i++) {
		nest = nla_nest_start(msg, VDPA_ATTR_DIRTY_RANGE);
		if (!nest || put_range(msg, &dirty->ranges[i]))
			return -EMSGSIZE;
		nla_nest_end(msg, nest);
	}
	return 0;
}

static bool names_range(const struct genl_info *info)
{
	return info->attrs[VDPA_ATTR_DIRTY_FIRST] || info->attrs[VDPA_ATTR_DIRTY_LAST] ||
	       info->attrs[VDPA_ATTR_DIRTY_ASID] || info->attrs[VDPA_ATTR_DIRTY_KEEP];
}

static int put_answer(struct sk_buff *msg, struct vdpa_request *req, bool *told)
{
	const struct vdpa_dirty *dirty = vdpa_dirty_tracked(req);
	void *hdr;
	int err;

	if (IS_ERR(dirty))
		return PTR_ERR(dirty);
	hdr = message_begin(msg, req, dirty);
	if (!hdr)
		return -EMSGSIZE;
	if (names_range(vdpa_nl_request_info(req)))
		err = put_pages(msg, req, dirty, told);
	else
		err = put_tracked(msg, dirty);
	genlmsg_end(msg, hdr);
	return err;
}

/* Read nothing, and so clear nothing, for a client that has gone. */
static int get(struct vdpa_request *req)
{
	bool told = false;
	struct sk_buff *msg;
	int err, unsent;

	if (vdpa_request_abandoned(req))
		return -ECANCELED;
	msg = nlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	err = put_answer(msg, req, &told);
	if (err && !told) {
		nlmsg_free(msg);
		return err;
	}
	unsent = vdpa_nl_request_reply(req, msg);
	return err ?: unsent;
}

int vdpa_nl_dev_dirty_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return check_can(info) ?: vdpa_nl_request_run(skb, info, vdpa_nl_entry(info), get, NULL);
}

/* --- stop --- */

int vdpa_nl_dev_dirty_stop_doit(struct sk_buff *skb, struct genl_info *info)
{
	return check_can(info) ?:
	       vdpa_nl_request_run(skb, info, vdpa_nl_entry(info), vdpa_dirty_stop, NULL);
}
