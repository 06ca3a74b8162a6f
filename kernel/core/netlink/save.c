// SPDX-License-Identifier: GPL-2.0-only
/*
 * Saving a device's state over netlink: DEV_STATE_GET, and DEV_PRECOPY_GET for a pre-copy round.
 *
 * The dump sends a snapshot that a worker collects.
 */
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/vdpa.h>
#include <net/genetlink.h>
#include <uapi/linux/vdpa.h>

#include "device.h"
#include "migration/describe.h"
#include "migration/snapshot.h"
#include "netlink/netlink.h"
#include "netlink/nl_words.h"
#include "netlink/nl_description.h"
#include "netlink/nl_vq.h"
#include "netlink/nl_request.h"
#include "pending.h"
#include "precopy.h"
#include "vq.h"

/*
 * How long a round of the dump waits, in ms. The first one runs like a doit, which must not wait
 * (nl_request.h). In the others the client waits in its own receive, with a lock held that its own
 * requests need.
 */
#define ROUND_PATIENCE_MS	100

/* A client's buffer for a dump message has 32 KiB. */
#define MESSAGE_SIZE		SKB_WITH_OVERHEAD(SZ_32K)

/* Minimum size of a piece of private state, except for the last one. */
#define PIECE_MIN		256

/* Indices into cb->args. */
enum {
	ARG_SNAPSHOT,
	ARG_STAGE,	/* index of the next stage */
	ARG_VQ,		/* the next virtqueue */
	ARG_NAMED,	/* the first message was written */
};

static struct vdpa_snapshot *snapshot_of(const struct netlink_callback *cb)
{
	return (struct vdpa_snapshot *)cb->args[ARG_SNAPSHOT];
}

/* Start a snapshot. @precopy: the pre-copy it is a part of, or NULL. Consumes @entry on success. */
static int begin(struct netlink_callback *cb, struct vdpa_entry *entry,
		 enum vdpa_snapshot_kind kind, struct vdpa_precopy *precopy)
{
	struct vdpa_user *user = vdpa_pending_begin(true, cb->extack);
	struct vdpa_snapshot *snapshot;

	if (IS_ERR(user))
		return PTR_ERR(user);
	snapshot = vdpa_snapshot_begin(entry, user, kind, precopy);
	if (!snapshot) {
		vdpa_pending_end(user);
		return -ENOMEM;
	}
	cb->args[ARG_SNAPSHOT] = (long)snapshot;
	cb->min_dump_alloc = MESSAGE_SIZE;
	return 0;
}

/* The same for a part of the client's pre-copy. */
static int begin_part(struct netlink_callback *cb, struct vdpa_entry *entry,
		      enum vdpa_snapshot_kind kind)
{
	struct vdpa_precopy *precopy;
	int err;

	precopy = vdpa_nl_precopy_find(NETLINK_CB(cb->skb).sk, entry, cb->extack);
	if (IS_ERR(precopy))
		return PTR_ERR(precopy);
	err = begin(cb, entry, kind, precopy);
	vdpa_precopy_put(precopy);
	return err;
}

static int begin_state(struct netlink_callback *cb, struct vdpa_entry *entry)
{
	int err = vdpa_snapshot_can(entry, cb->extack);

	if (err)
		return err;
	if (genl_dumpit_info(cb)->info.attrs[VDPA_ATTR_STATE_REST])
		return begin_part(cb, entry, VDPA_SNAPSHOT_REST);
	return begin(cb, entry, VDPA_SNAPSHOT_WHOLE, NULL);
}

static int begin_round(struct netlink_callback *cb, struct vdpa_entry *entry)
{
	return begin_part(cb, entry, VDPA_SNAPSHOT_ROUND);
}

/* @what: consumes the device if it returns 0 */
static int get_start(struct netlink_callback *cb,
		     int (*what)(struct netlink_callback *cb, struct vdpa_entry *entry))
{
	struct nlattr *name = genl_dumpit_info(cb)->info.attrs[VDPA_ATTR_DEV_NAME];
	struct vdpa_entry *entry;
	int err;

	if (!name) {
		NL_SET_ERR_ATTR_MISS(cb->extack, NULL, VDPA_ATTR_DEV_NAME);
		NL_SET_ERR_MSG(cb->extack, "the device's name is missing");
		return -EINVAL;
	}
	err = vdpa_nl_find_device(name, cb->extack, &entry);
	if (err)
		return err;
	err = what(cb, entry);
	if (err) {
		NL_SET_BAD_ATTR(cb->extack, name);
		vdpa_entry_put(entry);
	}
	return err;
}

int vdpa_nl_dev_state_get_start(struct netlink_callback *cb)
{
	return get_start(cb, begin_state);
}

int vdpa_nl_dev_precopy_get_start(struct netlink_callback *cb)
{
	return get_start(cb, begin_round);
}

static void *message_begin(struct sk_buff *msg, struct netlink_callback *cb)
{
	bool round = snapshot_of(cb)->kind == VDPA_SNAPSHOT_ROUND;
	void *hdr = genlmsg_put(msg, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				&vdpa_nl_family, NLM_F_MULTI,
				round ? VDPA_CMD_DEV_PRECOPY_GET : VDPA_CMD_DEV_STATE_GET);

	if (!hdr)
		return NULL;
	if (nla_put_string(msg, VDPA_ATTR_DEV_NAME, snapshot_of(cb)->name)) {
		genlmsg_cancel(msg, hdr);
		return NULL;
	}
	return hdr;
}

/* Without a pad attribute: clients send this back in a request, which is parsed strictly. */
static int put_u64(struct sk_buff *msg, int type, u64 value)
{
	return nla_put(msg, type, sizeof(value), &value);
}

/* If a bit beyond 63 is set, send all words, so that no client takes the lowest 64 bits for all. */
static int put_features(struct sk_buff *msg, const struct vdpa_words *features)
{
	if (vdpa_words_used(features) > 1)
		return vdpa_nl_put_words(msg, VDPA_ATTR_STATE_FEATURES_WORDS, features);
	return put_u64(msg, VDPA_ATTR_STATE_FEATURES, features->word[0]);
}

/* The stages. They return 1 when complete, 0 if there is more to write, or -EMSGSIZE. */

static int put_head(struct sk_buff *msg, struct netlink_callback *cb)
{
	const struct vdpa_snapshot *snapshot = snapshot_of(cb);

	if (vdpa_nl_put_description(msg, snapshot->descriptions->list[0]) ||
	    put_features(msg, &snapshot->features) ||
	    nla_put_u8(msg, VDPA_ATTR_STATE_STATUS, snapshot->status))
		return -EMSGSIZE;
	if (snapshot->kind == VDPA_SNAPSHOT_REST &&
	    nla_put_u32(msg, VDPA_ATTR_STATE_ROUNDS, snapshot->round))
		return -EMSGSIZE;
	return 1;
}

static int put_round_head(struct sk_buff *msg, struct netlink_callback *cb)
{
	const struct vdpa_snapshot *snapshot = snapshot_of(cb);

	if (vdpa_nl_put_description(msg, snapshot->descriptions->list[0]) ||
	    nla_put_u32(msg, VDPA_ATTR_STATE_ROUND, snapshot->round))
		return -EMSGSIZE;
	return 1;
}

static int put_left(struct sk_buff *msg, struct netlink_callback *cb)
{
	const struct vdpa_snapshot *snapshot = snapshot_of(cb);

	if (put_u64(msg, VDPA_ATTR_PRECOPY_INITIAL, snapshot->initial) ||
	    put_u64(msg, VDPA_ATTR_PRECOPY_DIRTY, snapshot->dirty))
		return -EMSGSIZE;
	return 1;
}

static int put_vq(struct sk_buff *msg, const struct vdpa_vq_view *vq)
{
	struct nlattr *nest = nla_nest_start(msg, VDPA_ATTR_STATE_VQ);

	if (!nest)
		return -EMSGSIZE;
	if (nla_put_u32(msg, VDPA_ATTR_DEV_QUEUE_INDEX, vq->index) || vdpa_nl_put_vq(msg, vq)) {
		nla_nest_cancel(msg, nest);
		return -EMSGSIZE;
	}
	nla_nest_end(msg, nest);
	return 0;
}

/* Write as many virtqueues as fit. */
static int put_vqs(struct sk_buff *msg, struct netlink_callback *cb)
{
	const struct vdpa_snapshot *snapshot = snapshot_of(cb);
	long first = cb->args[ARG_VQ];

	while (cb->args[ARG_VQ] < snapshot->n_vqs) {
		if (put_vq(msg, &snapshot->vqs[cb->args[ARG_VQ]]))
			return cb->args[ARG_VQ] > first ? 0 : -EMSGSIZE;
		cb->args[ARG_VQ]++;
	}
	return 1;
}

static int put_private(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct vdpa_stream *stream = &snapshot_of(cb)->private;
	u64 offset = stream->len - stream->reader.left;
	struct nlattr *piece;
	u32 len, room;

	if (!stream->reader.left)
		return 1;
	if (put_u64(msg, VDPA_ATTR_STATE_OFFSET, offset))
		return -EMSGSIZE;
	room = skb_tailroom(msg);
	len = min_t(u64, stream->reader.left, room - min_t(u32, room, NLA_HDRLEN + NLA_ALIGNTO));
	if (len < min_t(u64, stream->reader.left, PIECE_MIN))
		return -EMSGSIZE;
	piece = nla_reserve(msg, VDPA_ATTR_STATE_PRIVATE, len);
	if (!piece || vdpa_stream_read(stream, nla_data(piece), len))
		return -EMSGSIZE;
	return !stream->reader.left;
}

typedef int (*stage_fn)(struct sk_buff *msg, struct netlink_callback *cb);

#define STAGES	3

static const stage_fn state_stages[STAGES] = { put_head, put_vqs, put_private };
static const stage_fn round_stages[STAGES] = { put_round_head, put_private, put_left };

/* Return: the next stage, or NULL at the end. */
static stage_fn next_stage(const struct netlink_callback *cb)
{
	long stage = cb->args[ARG_STAGE];

	if (stage == STAGES)
		return NULL;
	return snapshot_of(cb)->kind == VDPA_SNAPSHOT_ROUND ? round_stages[stage] :
							      state_stages[stage];
}

/* A client that has not received all of a round cannot continue with the next one. */
int vdpa_nl_dev_state_get_done(struct netlink_callback *cb)
{
	struct vdpa_snapshot *snapshot = snapshot_of(cb);

	if (!snapshot)
		return 0;
	if (snapshot->kind == VDPA_SNAPSHOT_ROUND && next_stage(cb))
		vdpa_nl_precopy_drop(snapshot->precopy);
	vdpa_snapshot_abandon(snapshot);
	return 0;
}

static int put_message(struct sk_buff *msg, struct netlink_callback *cb)
{
	void *hdr = message_begin(msg, cb);
	int done;

	if (!hdr)
		return -EMSGSIZE;
	done = next_stage(cb)(msg, cb);
	if (done < 0) {
		genlmsg_cancel(msg, hdr);
		return done;
	}
	genlmsg_end(msg, hdr);
	cb->args[ARG_STAGE] += done;
	return 0;
}

/* The snapshot is not ready: write a message with the device's name only. */
static int put_name(struct sk_buff *msg, struct netlink_callback *cb)
{
	void *hdr = message_begin(msg, cb);

	if (!hdr)
		return -EMSGSIZE;
	genlmsg_end(msg, hdr);
	cb->args[ARG_NAMED] = 1;
	return msg->len;
}

/* Return: true if the snapshot is ready; false if this round must end without it. */
static bool await(struct netlink_callback *cb)
{
	unsigned long until = jiffies + msecs_to_jiffies(ROUND_PATIENCE_MS);
	struct completion *done = &snapshot_of(cb)->done;

	if (!cb->args[ARG_NAMED])
		until = vdpa_nl_patience(cb->skb);
	wait_for_completion_killable_timeout(done, max_t(long, until - jiffies, 0));
	return completion_done(done);
}

int vdpa_nl_dev_state_get_dumpit(struct sk_buff *msg, struct netlink_callback *cb)
{
	const struct vdpa_snapshot *snapshot = snapshot_of(cb);
	int err;

	if (!await(cb)) {
		err = cb->args[ARG_NAMED] ? vdpa_nl_dump_later(msg, cb) : put_name(msg, cb);
		return msg->len ?: err;
	}
	cb->args[ARG_NAMED] = 1;
	if (snapshot->err) {
		cb->extack->_msg = snapshot->extack._msg;
		return snapshot->err;
	}
	err = 0;
	while (!err && next_stage(cb))
		err = put_message(msg, cb);
	return msg->len ?: err;
}
