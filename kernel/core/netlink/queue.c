// SPDX-License-Identifier: GPL-2.0-only
/*
 * Requests about virtqueues: see queue.h.
 */
#include <linux/vdpa.h>
#include <linux/virtio_net.h>
#include <net/genetlink.h>
#include <uapi/linux/vdpa.h>

#include "device.h"
#include "netlink/netlink.h"
#include "netlink/query.h"
#include "netlink/queue.h"
#include "netlink/nl_request.h"
#include "registry.h"

/*
 * How long a round of a dump waits for answers, in ms: of all devices, and of one named device. In
 * these rounds the client waits in its own receive. The first round is different: it runs like a
 * doit, which must not wait (nl_request.h).
 */
#define ROUND_PATIENCE_MS	100
#define NAMED_PATIENCE_MS	1000

static void *message_begin(struct sk_buff *msg, const struct vdpa_entry *entry, u8 command,
			   u32 portid, u32 seq, int flags)
{
	void *hdr = genlmsg_put(msg, portid, seq, &vdpa_nl_family, flags, command);

	if (!hdr)
		return NULL;
	if (nla_put_string(msg, VDPA_ATTR_DEV_NAME, vdpa_entry_name(entry)) ||
	    nla_put_u32(msg, VDPA_ATTR_DEV_ID, entry->device_id)) {
		genlmsg_cancel(msg, hdr);
		return NULL;
	}
	return hdr;
}

/* One round of a dump. */
struct round {
	struct sk_buff *msg;
	struct netlink_callback *cb;
	const struct vdpa_queue_request *request;
	bool named;	/* the dump is about one device */
	bool first;	/* it is the first round */
	unsigned long until;	/* end of its wait, in jiffies */
};

static void *round_message(const struct round *r, const struct vdpa_entry *entry)
{
	void *hdr = message_begin(r->msg, entry, r->request->command,
				  NETLINK_CB(r->cb->skb).portid, r->cb->nlh->nlmsg_seq,
				  NLM_F_MULTI);

	if (hdr)
		genl_dump_check_consistent(r->cb, hdr);
	return hdr;
}

/*
 * List a device without queues: write its capabilities and status, and whether it did not answer.
 */
static int dump_bare(const struct round *r, struct vdpa_entry *entry, bool unanswered)
{
	void *hdr = round_message(r, entry);

	if (!hdr)
		return -EMSGSIZE;
	if (vdpa_nl_put_caps(r->msg, entry) ||
	    (unanswered && nla_put_flag(r->msg, VDPA_ATTR_DEV_UNANSWERED))) {
		genlmsg_cancel(r->msg, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(r->msg, hdr);
	return 0;
}

/* Write the queues in the answer. cb->args[1] is the next queue of the device. */
static int dump_answer(const struct round *r, const struct vdpa_query *q,
		       const struct vdpa_query_device *device)
{
	struct nlattr *queue;
	int left;

	nla_for_each_attr(queue, (struct nlattr *)(q->answer->data + device->begin),
			  device->end - device->begin, left) {
		const struct nlattr *index = nla_find(nla_data(queue), nla_len(queue),
						      VDPA_ATTR_DEV_QUEUE_INDEX);
		void *hdr = round_message(r, device->entry);

		if (!hdr)
			return -EMSGSIZE;
		if (nla_len(queue) > skb_tailroom(r->msg)) {
			genlmsg_cancel(r->msg, hdr);
			return -EMSGSIZE;
		}
		skb_put_data(r->msg, nla_data(queue), nla_len(queue));
		genlmsg_end(r->msg, hdr);
		r->cb->args[1] = nla_get_u32(index) + 1;
	}
	r->cb->args[1] = device->next;
	return 0;
}

/* All queues failed. In a dump of one device that is an error. */
static int dump_nothing(const struct round *r, const struct vdpa_query *q,
			const struct vdpa_query_device *device)
{
	if (!r->named)
		return dump_bare(r, device->entry, false);
	if (r->cb->extack)
		NL_SET_ERR_MSG_FMT(r->cb->extack, "%s", q->extack._msg_buf);
	return device->err;
}

/*
 * Write the answer of a device. @stuck: it did not answer.
 * Return: 0, -EMSGSIZE if the round is full, or an error.
 */
static int dump_asked(const struct round *r, const struct vdpa_query *q,
		      const struct vdpa_query_device *device, bool stuck)
{
	bool answered = !stuck && device->reached;
	bool some = answered && device->end > device->begin;
	int err = 0;

	if (device->skip)
		err = dump_bare(r, device->entry, false);
	else if (answered && (some || !device->err || device->first))
		err = dump_answer(r, q, device);
	else if (answered)
		err = dump_nothing(r, q, device);
	else if (r->first && !vdpa_line_owes(&device->entry->line))
		/* the first round is short: try again in the next one */
		err = r->msg->len ? -EMSGSIZE : vdpa_nl_dump_later(r->msg, r->cb);
	else
		err = dump_bare(r, device->entry, true);
	if (!err && !some)
		r->cb->args[1] = device->entry->vdev->nvqs;
	return err;
}

/*
 * Run a query and write the answers. args[0] and args[1] advance to the next device and queue.
 * Return: as dump_asked().
 */
static int dump_query(const struct round *r, struct vdpa_query *q)
{
	long *args = r->cb->args;
	unsigned int i;
	int err;

	vdpa_query_ask(q, r->until);
	for (i = 0; i < q->told + q->stuck; i++) {
		const struct vdpa_device *vdev = q->devices[i].entry->vdev;

		/* other devices used up its time: try again in the next query */
		if (i && i == q->told)
			return 0;

		if (args[0] != vdev->index)
			args[1] = 0;
		args[0] = vdev->index;
		err = dump_asked(r, q, &q->devices[i], i == q->told);
		if (err)
			return err;
		/* the answer is full: the next query continues here */
		if (args[1] < vdev->nvqs)
			return 0;
		args[0]++;
		args[1] = 0;
	}
	return 0;
}

static int dump_device(const struct round *r, struct vdpa_entry *entry)
{
	struct vdpa_query *q = vdpa_query_new(r->request);
	int err;

	if (!q)
		return -ENOMEM;
	vdpa_entry_get(entry);
	vdpa_query_add(q, entry, r->cb->args[1], false);
	err = dump_query(r, q);
	vdpa_query_close(q);
	return err;
}

/* A dump about one device. */
static int dump_one(const struct round *r, struct nlattr *name)
{
	long *args = r->cb->args;
	struct vdpa_entry *entry;
	u32 index;
	int err;

	if (args[2])
		return 0;
	err = vdpa_nl_find_device(name, r->cb->extack, &entry);
	if (err)
		return err;
	index = entry->vdev->index;
	if (args[0] != index)
		args[1] = 0;
	args[0] = index;
	err = r->request->check(entry, r->cb->extack);
	if (!err && r->first && time_after_eq(jiffies, r->until))
		err = vdpa_nl_dump_later(r->msg, r->cb);
	while (!err && args[0] == index)
		err = dump_device(r, entry);
	vdpa_entry_put(entry);
	if (!err)
		args[2] = 1;	/* the dump is complete */
	return err;
}

/* Add the next devices to a query. */
static void collect_devices(const struct round *r, struct vdpa_query *q)
{
	unsigned long index = r->cb->args[0];
	struct netlink_ext_ack none = {};
	struct vdpa_entry *entry;

	while (q->held < VDPA_QUERY_DEVICES && (entry = vdpa_registry_next(&index))) {
		u32 first = index == r->cb->args[0] ? r->cb->args[1] : 0;

		if (entry->mgmtdev)
			vdpa_query_add(q, entry, first, r->request->check(entry, &none));
		else
			vdpa_entry_put(entry);
		index++;
	}
}

static int dump_all(const struct round *r)
{
	struct vdpa_query *q;
	bool some;
	int err = 0;

	if (r->first && time_after_eq(jiffies, r->until))
		return vdpa_nl_dump_later(r->msg, r->cb);
	do {
		q = vdpa_query_new(r->request);
		if (!q)
			return -ENOMEM;
		collect_devices(r, q);
		some = q->held;
		if (some)
			err = dump_query(r, q);
		vdpa_query_close(q);
	} while (some && !err && time_before(jiffies, r->until));
	return some && !err && !r->msg->len ? vdpa_nl_dump_later(r->msg, r->cb) : err;
}

/* Return: the end of the round's wait, in jiffies. */
static unsigned long round_until(const struct round *r)
{
	if (r->first)
		return vdpa_nl_patience(r->cb->skb);
	return jiffies + msecs_to_jiffies(r->named ? NAMED_PATIENCE_MS : ROUND_PATIENCE_MS);
}

/**
 * vdpa_nl_queue_dumpit - one round of a dump about the queues of one or all devices
 * @msg: destination
 * @cb: the dump; VDPA_ATTR_DEV_NAME in its request restricts it to one device. args[0]: index of
 *	the next device; args[1]: next queue; args[2]: a dump of one device is complete; args[3]:
 *	the first round is over.
 * @request: the kind of request; a dump of all devices lists those that do not support it or do not
 *	answer without queues
 *
 * Return: bytes written, 0 at the end, or a negative error number.
 */
int vdpa_nl_queue_dumpit(struct sk_buff *msg, struct netlink_callback *cb,
			 const struct vdpa_queue_request *request)
{
	struct nlattr *name = genl_dumpit_info(cb)->info.attrs[VDPA_ATTR_DEV_NAME];
	struct round r = {
		.msg = msg,
		.cb = cb,
		.request = request,
		.named = name,
		.first = !cb->args[3],
	};
	int err;

	cb->args[3] = 1;
	cb->seq = vdpa_registry_generation();
	r.until = round_until(&r);
	err = name ? dump_one(&r, name) : dump_all(&r);
	return msg->len ?: err;
}

/**
 * vdpa_nl_queue_check - check that a request names an existing queue
 * @info: the request
 * @entry: the device
 *
 * Return: 0 or an error, with the extack set.
 */
int vdpa_nl_queue_check(struct genl_info *info, const struct vdpa_entry *entry)
{
	struct nlattr *attr = info->attrs[VDPA_ATTR_DEV_QUEUE_INDEX];
	u32 index;

	if (GENL_REQ_ATTR_CHECK(info, VDPA_ATTR_DEV_QUEUE_INDEX)) {
		NL_SET_ERR_MSG(info->extack, "the virtqueue's index is missing");
		return -EINVAL;
	}
	index = nla_get_u32(attr);
	if (index < entry->vdev->nvqs)
		return 0;
	NL_SET_ERR_MSG_ATTR_FMT(info->extack, attr, "device " VDPA_MSG_NAME
				" has the virtqueues 0 to %u", vdpa_entry_name(entry),
				entry->vdev->nvqs - 1);
	/* As in mainline: -ERANGE if no network device can have the index. */
	return index > VIRTIO_NET_CTRL_MQ_VQ_PAIRS_MAX ? -ERANGE : -EINVAL;
}

static int queue_reply(struct vdpa_request *req)
{
	const struct vdpa_queue_request *request = req->data;
	struct genl_info *info = vdpa_nl_request_info(req);
	u16 index = nla_get_u32(info->attrs[VDPA_ATTR_DEV_QUEUE_INDEX]);
	struct sk_buff *msg = nlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	void *hdr;
	int err;

	if (!msg)
		return -ENOMEM;
	hdr = message_begin(msg, req->entry, request->command, info->snd_portid, info->snd_seq, 0);
	if (!hdr)
		err = -EMSGSIZE;
	else
		err = request->fill(req->entry, index, msg, info->extack);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	genlmsg_end(msg, hdr);
	return vdpa_nl_request_reply(req, msg);
}

static int queue_get(struct vdpa_request *req)
{
	struct rw_semaphore *sem = &req->entry->vdev->cf_lock;
	int err;

	err = vdpa_request_down_read(req, sem);
	if (err)
		return err;
	err = queue_reply(req);
	up_read(sem);
	return err;
}

/**
 * vdpa_nl_queue_doit - a request about one queue
 * @skb: the request
 * @info: the request, about a device
 * @request: the kind of request
 *
 * Return: what the doit returns.
 */
int vdpa_nl_queue_doit(struct sk_buff *skb, struct genl_info *info,
		       const struct vdpa_queue_request *request)
{
	struct vdpa_entry *entry = vdpa_nl_entry(info);
	int err;

	err = request->check(entry, info->extack);
	if (!err)
		err = vdpa_nl_queue_check(info, entry);
	return err ?: vdpa_nl_request_run(skb, info, entry, queue_get, request);
}
