// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device's state over netlink: DEV_STATE_GET.
 *
 * A worker collects all there is in memory, then lets go of the device: a client
 * that does not read on keeps nobody from it. The dump hands out what was
 * collected. Its first round belongs to the request, where nobody must be kept
 * waiting for long; in the others the client waits in its own receive, a little in each.
 */
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/kref.h>
#include <linux/slab.h>
#include <linux/vdpa.h>
#include <linux/workqueue.h>
#include <net/genetlink.h>
#include <uapi/linux/vdpa.h>

#include "device.h"
#include "migration/describe.h"
#include "migration/stream.h"
#include "netlink/netlink.h"
#include "netlink/nl_description.h"
#include "netlink/nl_vq.h"
#include "pending.h"
#include "request.h"
#include "state.h"

/*
 * How long a round waits, in ms. The first one is a doit, of which request.h says why it must not
 * wait; in the others the client waits in its own receive, with a lock held that its own
 * requests want.
 */
#define ROUND_PATIENCE_MS	100

/* A client has 32 KiB for a message of a dump. */
#define MESSAGE_SIZE		SKB_WITH_OVERHEAD(SZ_32K)

/* Bytes that a virtqueue takes at most, nested. */
#define VQ_SIZE			128

/* A piece of private state that is not worth a message of its own. */
#define PIECE_MIN		256

/* What comes next in the dump. */
enum stage {
	STAGE_HEAD,
	STAGE_VQS,
	STAGE_PRIVATE,
	STAGE_END,
};

/**
 * struct snapshot - a device's state
 * @ref: the dump, which may have gone, and the worker
 * @task: collects it, in line
 * @user: whose request it is
 * @done: it is collected, or @err says why not; from then on it is the dump's alone
 * @entry: the device, of which the worker is a user
 * @name: of the device
 * @named: the dump has begun
 * @err: what went wrong, or 0
 * @extack: says so
 * @descriptions: of the device
 * @features: negotiated
 * @status: virtio device status
 * @vqs: VDPA_ATTR_STATE_VQ, one for each virtqueue
 * @private: the parent's own state
 * @stage: what the dump writes next
 */
struct snapshot {
	struct kref ref;
	struct vdpa_task task;
	struct vdpa_user *user;
	struct completion done;
	struct vdpa_entry *entry;
	char name[VDPA_NAME_LEN_MAX + 1];
	bool named;
	int err;
	struct netlink_ext_ack extack;
	struct vdpa_descriptions *descriptions;
	u64 features;
	u8 status;
	struct sk_buff *vqs;
	struct vdpa_stream private;
	enum stage stage;
};

static void snapshot_free(struct kref *ref)
{
	struct snapshot *snapshot = container_of(ref, struct snapshot, ref);

	vdpa_descriptions_free(snapshot->descriptions);
	nlmsg_free(snapshot->vqs);
	vdpa_stream_free(&snapshot->private);
	kfree(snapshot);
}

/* A queue that works has a position, or there is nothing that a target could go on from. */
static int save_vq(struct snapshot *snapshot, u16 index)
{
	struct vdpa_entry *entry = snapshot->entry;
	struct nlattr *nest = nla_nest_start(snapshot->vqs, VDPA_ATTR_STATE_VQ);

	if (!nest || nla_put_u32(snapshot->vqs, VDPA_ATTR_DEV_QUEUE_INDEX, index) ||
	    vdpa_nl_put_vq(entry, index, snapshot->vqs))
		return -EMSGSIZE;
	nla_nest_end(snapshot->vqs, nest);
	if (entry->ops.get_vq_ready(entry->vdev, index) &&
	    !nla_find_nested(nest, VDPA_ATTR_VQ_AVAIL_INDEX)) {
		NL_SET_ERR_MSG_FMT(&snapshot->extack, "device " VDPA_MSG_NAME
				   ": its parent does not tell the state of queue %u",
				   snapshot->name, index);
		return -EIO;
	}
	return 0;
}

static int save_vqs(struct snapshot *snapshot)
{
	struct vdpa_device *vdev = snapshot->entry->vdev;
	u32 index;
	const struct vdpa_asker asker = { .gone = &snapshot->private.abandoned };
	int err;

	snapshot->vqs = alloc_skb(vdev->nvqs * VQ_SIZE, GFP_KERNEL);
	if (!snapshot->vqs)
		return -ENOMEM;
	err = vdpa_poll_down_read(&vdev->cf_lock, &asker);
	if (err)
		return err;
	snapshot->features = snapshot->entry->ops.get_driver_features(vdev);
	snapshot->status = snapshot->entry->ops.get_status(vdev);
	for (index = 0; !err && index < vdev->nvqs; index++)
		err = save_vq(snapshot, index);
	up_read(&vdev->cf_lock);
	return err;
}

static int save_private(struct snapshot *snapshot)
{
	const struct vdpa_migration_ops *migration = &snapshot->entry->mgmtdev->migration;
	int err;

	if (!migration->save)
		return 0;
	err = migration->save(snapshot->entry->vdev, &snapshot->private.writer);
	if (err)
		NL_SET_ERR_MSG_FMT(&snapshot->extack, "device " VDPA_MSG_NAME
				   ": its parent cannot save its state: %pe", snapshot->name,
				   ERR_PTR(err));
	vdpa_stream_rewind(&snapshot->private);
	return err;
}

static int save_description(struct snapshot *snapshot)
{
	const struct vdpa_asker asker = { .gone = &snapshot->private.abandoned };
	struct vdpa_descriptions *descriptions;

	descriptions = vdpa_describe_device(snapshot->entry, &asker, &snapshot->extack);
	if (IS_ERR(descriptions))
		return PTR_ERR(descriptions);
	snapshot->descriptions = descriptions;
	return 0;
}

/* Nothing may have moved meanwhile; if it has, that is also why the parent may have failed. */
static int save_all(struct snapshot *snapshot)
{
	struct vdpa_state_view before, after;
	u64 seq;
	int err;

	before = vdpa_state_read(snapshot->entry, &seq);
	err = save_description(snapshot) ?: save_vqs(snapshot) ?: save_private(snapshot);
	after = vdpa_state_read(snapshot->entry, &seq);
	if (before.now == VDPA_DEV_STATE_SUSPENDED && after.now == before.now &&
	    after.transitions == before.transitions)
		return err;
	NL_SET_ERR_MSG_FMT(&snapshot->extack, "device " VDPA_MSG_NAME
			   " was resumed or reset while its state was read", snapshot->name);
	return -EAGAIN;
}

static void save_task(struct vdpa_task *task)
{
	struct snapshot *snapshot = container_of(task, struct snapshot, task);

	snapshot->err = READ_ONCE(snapshot->private.abandoned) ? -ECANCELED : save_all(snapshot);
	vdpa_pending_end(snapshot->user);
	vdpa_entry_put(snapshot->entry);
	complete_all(&snapshot->done);
	kref_put(&snapshot->ref, snapshot_free);
}

static int check_able(struct vdpa_entry *entry, const struct nlattr *name,
		      struct netlink_ext_ack *extack)
{
	const struct vdpa_config_ops *ops = entry->parent_ops;
	const char *why = NULL;
	int err = -EOPNOTSUPP;
	u64 seq;

	if (!ops->suspend) {
		why = "cannot be suspended: its parent does not know how";
	} else if (!ops->get_vq_state) {
		why = "cannot be saved: its parent tells no queue state";
	} else if (vdpa_state_read(entry, &seq).now != VDPA_DEV_STATE_SUSPENDED) {
		why = "is not suspended";
		err = -EBUSY;
	}
	if (!why)
		return 0;
	NL_SET_ERR_MSG_ATTR_FMT(extack, name, "device " VDPA_MSG_NAME " %s",
				vdpa_entry_name(entry), why);
	return err;
}

/* Takes over the caller's use of @entry and @user. Return: NULL if there is no memory. */
static struct snapshot *save_begin(struct vdpa_entry *entry, struct vdpa_user *user)
{
	struct snapshot *snapshot = kzalloc(sizeof(*snapshot), GFP_KERNEL);

	if (!snapshot)
		return NULL;
	kref_init(&snapshot->ref);
	snapshot->task.run = save_task;
	snapshot->user = user;
	init_completion(&snapshot->done);
	vdpa_stream_init(&snapshot->private);
	strscpy(snapshot->name, vdpa_entry_name(entry));
	snapshot->entry = entry;
	kref_get(&snapshot->ref);
	vdpa_line_queue(&entry->line, &snapshot->task, true);
	return snapshot;
}

int vdpa_nl_dev_state_get_start(struct netlink_callback *cb)
{
	struct nlattr *name = genl_dumpit_info(cb)->info.attrs[VDPA_ATTR_DEV_NAME];
	struct vdpa_entry *entry;
	struct vdpa_user *user;
	struct snapshot *snapshot;
	int err;

	if (!name) {
		NL_SET_ERR_ATTR_MISS(cb->extack, NULL, VDPA_ATTR_DEV_NAME);
		NL_SET_ERR_MSG(cb->extack, "the device's name is missing");
		return -EINVAL;
	}
	err = vdpa_nl_find_device(name, cb->extack, &entry);
	if (err)
		return err;
	err = check_able(entry, name, cb->extack);
	if (err)
		goto err_entry;
	user = vdpa_pending_begin(true, cb->extack);
	err = PTR_ERR_OR_ZERO(user);
	if (err)
		goto err_entry;
	snapshot = save_begin(entry, user);
	err = -ENOMEM;
	if (!snapshot)
		goto err_user;
	cb->args[0] = (long)snapshot;
	cb->min_dump_alloc = MESSAGE_SIZE;
	return 0;

err_user:
	vdpa_pending_end(user);
err_entry:
	vdpa_entry_put(entry);
	return err;
}

int vdpa_nl_dev_state_get_done(struct netlink_callback *cb)
{
	struct snapshot *snapshot = (struct snapshot *)cb->args[0];

	if (snapshot) {
		WRITE_ONCE(snapshot->private.abandoned, true);
		kref_put(&snapshot->ref, snapshot_free);
	}
	return 0;
}

static void *message_begin(struct sk_buff *msg, struct netlink_callback *cb,
			   const struct snapshot *snapshot)
{
	void *hdr = genlmsg_put(msg, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				&vdpa_nl_family, NLM_F_MULTI, VDPA_CMD_DEV_STATE_GET);

	if (!hdr)
		return NULL;
	if (nla_put_string(msg, VDPA_ATTR_DEV_NAME, snapshot->name)) {
		genlmsg_cancel(msg, hdr);
		return NULL;
	}
	return hdr;
}

/* Without a pad attribute: the same comes back in a request, whose top level is parsed strictly. */
static int put_u64(struct sk_buff *msg, int type, u64 value)
{
	return nla_put(msg, type, sizeof(value), &value);
}

/* These return 1 when they have written all of theirs, 0 if there is more, or -EMSGSIZE. */

static int put_head(struct sk_buff *msg, struct snapshot *snapshot)
{
	if (vdpa_nl_put_description(msg, snapshot->descriptions->list[0]) ||
	    put_u64(msg, VDPA_ATTR_STATE_FEATURES, snapshot->features) ||
	    nla_put_u8(msg, VDPA_ATTR_STATE_STATUS, snapshot->status))
		return -EMSGSIZE;
	return 1;
}

/* As many as fit; those that are written are taken out of what was collected. */
static int put_vqs(struct sk_buff *msg, struct snapshot *snapshot)
{
	const struct nlattr *vq;
	bool some = false;
	int len;

	while (snapshot->vqs->len) {
		vq = (const struct nlattr *)snapshot->vqs->data;
		len = nla_total_size(nla_len(vq));
		if (len > skb_tailroom(msg))
			return some ? 0 : -EMSGSIZE;
		skb_put_data(msg, vq, len);
		skb_pull(snapshot->vqs, len);
		some = true;
	}
	return 1;
}

static int put_private(struct sk_buff *msg, struct snapshot *snapshot)
{
	struct vdpa_stream *stream = &snapshot->private;
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

static int (*const stages[])(struct sk_buff *msg, struct snapshot *snapshot) = {
	[STAGE_HEAD]	= put_head,
	[STAGE_VQS]	= put_vqs,
	[STAGE_PRIVATE]	= put_private,
};

static int put_message(struct sk_buff *msg, struct netlink_callback *cb, struct snapshot *snapshot)
{
	void *hdr = message_begin(msg, cb, snapshot);
	int done;

	if (!hdr)
		return -EMSGSIZE;
	done = stages[snapshot->stage](msg, snapshot);
	if (done < 0) {
		genlmsg_cancel(msg, hdr);
		return done;
	}
	genlmsg_end(msg, hdr);
	snapshot->stage += done;
	return 0;
}

/* A message that says nothing yet but which device it is about: the state takes its time. */
static int put_name(struct sk_buff *msg, struct netlink_callback *cb, struct snapshot *snapshot)
{
	void *hdr = message_begin(msg, cb, snapshot);

	if (!hdr)
		return -EMSGSIZE;
	genlmsg_end(msg, hdr);
	snapshot->named = true;
	return msg->len;
}

/* Return: true if the state is collected, false if this round ends without it. */
static bool await(struct snapshot *snapshot, struct netlink_callback *cb)
{
	unsigned long until = jiffies + msecs_to_jiffies(ROUND_PATIENCE_MS);

	if (!snapshot->named)
		until = vdpa_patience(cb->skb);
	wait_for_completion_killable_timeout(&snapshot->done, max_t(long, until - jiffies, 0));
	return completion_done(&snapshot->done);
}

int vdpa_nl_dev_state_get_dumpit(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct snapshot *snapshot = (struct snapshot *)cb->args[0];
	int err;

	if (!await(snapshot, cb)) {
		err = snapshot->named ? vdpa_nl_dump_later(msg, cb) : put_name(msg, cb, snapshot);
		return msg->len ?: err;
	}
	snapshot->named = true;
	if (snapshot->err) {
		cb->extack->_msg = snapshot->extack._msg;
		return snapshot->err;
	}
	err = 0;
	while (!err && snapshot->stage < STAGE_END)
		err = put_message(msg, cb, snapshot);
	return msg->len ?: err;
}
