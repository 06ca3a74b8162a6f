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
 * struct saved - a device's state
 * @ref: the dump, which may have gone, and the worker
 * @task: collects it, in line
 * @user: whose request it is
 * @done: it is collected, or @err says why not; from then on it is the dump's alone
 * @entry: the device, of which the worker is a user
 * @name: of the device
 * @named: the dump has begun
 * @err: what went wrong, or 0
 * @extack: says so
 * @description: of the device
 * @features: negotiated
 * @status: virtio device status
 * @vqs: VDPA_ATTR_STATE_VQ, one for each virtqueue
 * @private: the parent's own state
 * @stage: what the dump writes next
 */
struct saved {
	struct kref ref;
	struct vdpa_task task;
	struct vdpa_user *user;
	struct completion done;
	struct vdpa_entry *entry;
	char name[VDPA_NAME_LEN_MAX + 1];
	bool named;
	int err;
	struct netlink_ext_ack extack;
	struct vdpa_description *description;
	u64 features;
	u8 status;
	struct sk_buff *vqs;
	struct vdpa_blob private;
	enum stage stage;
};

static void saved_free(struct kref *ref)
{
	struct saved *saved = container_of(ref, struct saved, ref);

	vdpa_description_free(saved->description);
	nlmsg_free(saved->vqs);
	vdpa_blob_free(&saved->private);
	kfree(saved);
}

/* A queue that works has a position, or there is nothing that a target could go on from. */
static int save_vq(struct saved *saved, u16 index)
{
	struct vdpa_entry *entry = saved->entry;
	struct nlattr *nest = nla_nest_start(saved->vqs, VDPA_ATTR_STATE_VQ);

	if (!nest || nla_put_u32(saved->vqs, VDPA_ATTR_DEV_QUEUE_INDEX, index) ||
	    vdpa_nl_put_vq(entry, index, saved->vqs))
		return -EMSGSIZE;
	nla_nest_end(saved->vqs, nest);
	if (entry->ops.get_vq_ready(entry->vdev, index) &&
	    !nla_find_nested(nest, VDPA_ATTR_VQ_AVAIL_INDEX)) {
		NL_SET_ERR_MSG_FMT(&saved->extack, "device " VDPA_MSG_NAME
				   ": its parent does not tell the state of queue %u",
				   saved->name, index);
		return -EIO;
	}
	return 0;
}

static int save_vqs(struct saved *saved)
{
	struct vdpa_device *vdev = saved->entry->vdev;
	u32 index;
	const struct vdpa_asker asker = { .gone = &saved->private.abandoned };
	int err;

	saved->vqs = alloc_skb(vdev->nvqs * VQ_SIZE, GFP_KERNEL);
	if (!saved->vqs)
		return -ENOMEM;
	err = vdpa_poll_down_read(&vdev->cf_lock, &asker);
	if (err)
		return err;
	saved->features = saved->entry->ops.get_driver_features(vdev);
	saved->status = saved->entry->ops.get_status(vdev);
	for (index = 0; !err && index < vdev->nvqs; index++)
		err = save_vq(saved, index);
	up_read(&vdev->cf_lock);
	return err;
}

static int save_private(struct saved *saved)
{
	const struct vdpa_migration_ops *migration = &saved->entry->parent->migration;
	int err;

	if (!migration->save)
		return 0;
	err = migration->save(saved->entry->vdev, &saved->private.writer);
	if (err)
		NL_SET_ERR_MSG_FMT(&saved->extack, "device " VDPA_MSG_NAME
				   ": its parent cannot save its state: %pe", saved->name,
				   ERR_PTR(err));
	vdpa_blob_rewind(&saved->private);
	return err;
}

static int save_description(struct saved *saved)
{
	const struct vdpa_asker asker = { .gone = &saved->private.abandoned };
	struct vdpa_description *description;

	description = vdpa_describe_device(saved->entry, &asker, &saved->extack);
	if (IS_ERR(description))
		return PTR_ERR(description);
	saved->description = description;
	return 0;
}

/* Nothing may have moved meanwhile; if it has, that is also why the parent may have failed. */
static int save_all(struct saved *saved)
{
	struct vdpa_state_view before, after;
	u64 seq;
	int err;

	before = vdpa_state_read(saved->entry, &seq);
	err = save_description(saved) ?: save_vqs(saved) ?: save_private(saved);
	after = vdpa_state_read(saved->entry, &seq);
	if (before.now == VDPA_DEV_STATE_SUSPENDED && after.now == before.now &&
	    after.transitions == before.transitions)
		return err;
	NL_SET_ERR_MSG_FMT(&saved->extack, "device " VDPA_MSG_NAME
			   " was resumed or reset while its state was read", saved->name);
	return -EAGAIN;
}

static void save_task(struct vdpa_task *task)
{
	struct saved *saved = container_of(task, struct saved, task);

	saved->err = READ_ONCE(saved->private.abandoned) ? -ECANCELED : save_all(saved);
	vdpa_pending_end(saved->user);
	vdpa_entry_put(saved->entry);
	complete_all(&saved->done);
	kref_put(&saved->ref, saved_free);
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
static struct saved *save_begin(struct vdpa_entry *entry, struct vdpa_user *user)
{
	struct saved *saved = kzalloc(sizeof(*saved), GFP_KERNEL);

	if (!saved)
		return NULL;
	kref_init(&saved->ref);
	saved->task.run = save_task;
	saved->user = user;
	init_completion(&saved->done);
	vdpa_blob_init(&saved->private);
	strscpy(saved->name, vdpa_entry_name(entry));
	saved->entry = entry;
	kref_get(&saved->ref);
	vdpa_line_queue(&entry->line, &saved->task, true);
	return saved;
}

int vdpa_nl_dev_state_get_start(struct netlink_callback *cb)
{
	struct nlattr *name = genl_dumpit_info(cb)->info.attrs[VDPA_ATTR_DEV_NAME];
	struct vdpa_entry *entry;
	struct vdpa_user *user;
	struct saved *saved;
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
	saved = save_begin(entry, user);
	err = -ENOMEM;
	if (!saved)
		goto err_user;
	cb->args[0] = (long)saved;
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
	struct saved *saved = (struct saved *)cb->args[0];

	if (saved) {
		WRITE_ONCE(saved->private.abandoned, true);
		kref_put(&saved->ref, saved_free);
	}
	return 0;
}

static void *message_begin(struct sk_buff *msg, struct netlink_callback *cb,
			   const struct saved *saved)
{
	void *hdr = genlmsg_put(msg, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				&vdpa_nl_family, NLM_F_MULTI, VDPA_CMD_DEV_STATE_GET);

	if (!hdr)
		return NULL;
	if (nla_put_string(msg, VDPA_ATTR_DEV_NAME, saved->name)) {
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

static int put_head(struct sk_buff *msg, struct saved *saved)
{
	if (vdpa_nl_put_list(msg, saved->description->lists[0]) ||
	    put_u64(msg, VDPA_ATTR_STATE_FEATURES, saved->features) ||
	    nla_put_u8(msg, VDPA_ATTR_STATE_STATUS, saved->status))
		return -EMSGSIZE;
	return 1;
}

/* As many as fit; those that are written are taken out of what was collected. */
static int put_vqs(struct sk_buff *msg, struct saved *saved)
{
	const struct nlattr *vq;
	bool some = false;
	int len;

	while (saved->vqs->len) {
		vq = (const struct nlattr *)saved->vqs->data;
		len = nla_total_size(nla_len(vq));
		if (len > skb_tailroom(msg))
			return some ? 0 : -EMSGSIZE;
		skb_put_data(msg, vq, len);
		skb_pull(saved->vqs, len);
		some = true;
	}
	return 1;
}

static int put_private(struct sk_buff *msg, struct saved *saved)
{
	struct vdpa_blob *blob = &saved->private;
	u64 offset = blob->len - blob->reader.left;
	struct nlattr *piece;
	u32 len, room;

	if (!blob->reader.left)
		return 1;
	if (put_u64(msg, VDPA_ATTR_STATE_OFFSET, offset))
		return -EMSGSIZE;
	room = skb_tailroom(msg);
	len = min_t(u64, blob->reader.left, room - min_t(u32, room, NLA_HDRLEN + NLA_ALIGNTO));
	if (len < min_t(u64, blob->reader.left, PIECE_MIN))
		return -EMSGSIZE;
	piece = nla_reserve(msg, VDPA_ATTR_STATE_PRIVATE, len);
	if (!piece || vdpa_blob_read(blob, nla_data(piece), len))
		return -EMSGSIZE;
	return !blob->reader.left;
}

static int (*const stages[])(struct sk_buff *msg, struct saved *saved) = {
	[STAGE_HEAD]	= put_head,
	[STAGE_VQS]	= put_vqs,
	[STAGE_PRIVATE]	= put_private,
};

static int put_message(struct sk_buff *msg, struct netlink_callback *cb, struct saved *saved)
{
	void *hdr = message_begin(msg, cb, saved);
	int done;

	if (!hdr)
		return -EMSGSIZE;
	done = stages[saved->stage](msg, saved);
	if (done < 0) {
		genlmsg_cancel(msg, hdr);
		return done;
	}
	genlmsg_end(msg, hdr);
	saved->stage += done;
	return 0;
}

/* A message that says nothing yet but which device it is about: the state takes its time. */
static int put_name(struct sk_buff *msg, struct netlink_callback *cb, struct saved *saved)
{
	void *hdr = message_begin(msg, cb, saved);

	if (!hdr)
		return -EMSGSIZE;
	genlmsg_end(msg, hdr);
	saved->named = true;
	return msg->len;
}

/* Return: true if the state is collected, false if this round ends without it. */
static bool await(struct saved *saved, struct netlink_callback *cb)
{
	unsigned long until = jiffies + msecs_to_jiffies(ROUND_PATIENCE_MS);

	if (!saved->named)
		until = vdpa_patience(cb->skb);
	wait_for_completion_killable_timeout(&saved->done, max_t(long, until - jiffies, 0));
	return completion_done(&saved->done);
}

int vdpa_nl_dev_state_get_dumpit(struct sk_buff *msg, struct netlink_callback *cb)
{
	struct saved *saved = (struct saved *)cb->args[0];
	int err;

	if (!await(saved, cb)) {
		err = saved->named ? vdpa_nl_dump_later(msg, cb) : put_name(msg, cb, saved);
		return msg->len ?: err;
	}
	saved->named = true;
	if (saved->err) {
		cb->extack->_msg = saved->extack._msg;
		return saved->err;
	}
	err = 0;
	while (!err && saved->stage < STAGE_END)
		err = put_message(msg, cb, saved);
	return msg->len ?: err;
}
