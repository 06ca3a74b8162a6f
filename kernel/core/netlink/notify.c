// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events: see notify.h.
 */
#include <linux/ktime.h>
#include <linux/skbuff.h>
#include <linux/vdpa.h>
#include <linux/workqueue.h>
#include <net/genetlink.h>

#include "device.h"
#include "mgmtdev.h"
#include "netlink/netlink.h"
#include "notify.h"

/* Maximum number of unsent events; if there are more, listeners get ENOBUFS. */
#define BACKLOG_MAX	8192

/*
 * Protects event_seq and so the order of the queue. Innermost lock of the core: only the queue's
 * own lock is taken inside it.
 */
static DEFINE_SPINLOCK(event_lock);
static u64 event_seq;
static bool event_lost;
static struct sk_buff_head event_queue;

/* An event; put_details() chooses the fields by its type. */
struct event {
	enum vdpa_event event;
	const struct vdpa_mgmtdev *mgmtdev;
	struct vdpa_entry *entry;
	enum vdpa_dev_state from;
	enum vdpa_dev_state to;
	u8 holds;
	enum vdpa_cause cause;
};

static void event_send(struct work_struct *work)
{
	struct sk_buff *msg;

	while ((msg = skb_dequeue(&event_queue)))
		genlmsg_multicast(&vdpa_nl_family, msg, 0, 0, GFP_KERNEL);
	if (xchg(&event_lost, false))
		genl_set_err(&vdpa_nl_family, &init_net, 0, 0, -ENOBUFS);
}

static DECLARE_WORK(event_work, event_send);

static int put_details(struct sk_buff *msg, const struct event *e)
{
	if (vdpa_nl_put_mgmtdev(msg, e->mgmtdev))
		return -EMSGSIZE;
	switch (e->event) {
	case VDPA_EVENT_DEV_STATE:
		if (nla_put_u8(msg, VDPA_ATTR_DEV_STATE_OLD, e->from) ||
		    nla_put_u8(msg, VDPA_ATTR_DEV_STATE, e->to) ||
		    (e->holds && nla_put_u8(msg, VDPA_ATTR_DEV_SUSPENDED_BY, e->holds)))
			return -EMSGSIZE;
		fallthrough;
	case VDPA_EVENT_DEV_CONFIG:
		return nla_put_string(msg, VDPA_ATTR_DEV_NAME, vdpa_entry_name(e->entry)) ||
		       nla_put_u8(msg, VDPA_ATTR_EVENT_CAUSE, e->cause);
	case VDPA_EVENT_DEV_DRIVER:
		return nla_put_string(msg, VDPA_ATTR_DEV_NAME, vdpa_entry_name(e->entry)) ||
		       (e->entry->driver &&
			nla_put_string(msg, VDPA_ATTR_DEV_DRIVER, e->entry->driver));
	case VDPA_EVENT_DEV_ADDED:
		return vdpa_nl_put_device(msg, e->entry);
	case VDPA_EVENT_DEV_REMOVED:
		return nla_put_string(msg, VDPA_ATTR_DEV_NAME, vdpa_entry_name(e->entry));
	default:
		return 0;
	}
}

/* Bytes of an event, without its names. */
#define EVENT_SIZE	160

/* Allocate little more than needed: the size counts against the listeners' buffers. */
static size_t event_size(const struct event *e)
{
	const struct device *dev = e->mgmtdev->mdev->device;
	size_t size = EVENT_SIZE + strlen(dev_name(dev));

	if (dev->bus)
		size += strlen(dev->bus->name);
	if (e->entry)
		size += strlen(vdpa_entry_name(e->entry));
	if (e->event == VDPA_EVENT_DEV_DRIVER && e->entry->driver)
		size += strlen(e->entry->driver);
	return size;
}

static struct sk_buff *event_message(const struct event *e)
{
	struct sk_buff *msg = genlmsg_new(event_size(e), GFP_ATOMIC);
	void *hdr;

	if (!msg)
		return NULL;
	hdr = genlmsg_put(msg, 0, 0, &vdpa_nl_family, 0, VDPA_CMD_EVENT);
	if (!hdr || nla_put_u8(msg, VDPA_ATTR_EVENT, e->event) ||
	    nla_put_u64_64bit(msg, VDPA_ATTR_EVENT_SEQ, event_seq, VDPA_ATTR_PAD) ||
	    nla_put_u64_64bit(msg, VDPA_ATTR_EVENT_TIME, ktime_get_real_ns(), VDPA_ATTR_PAD) ||
	    put_details(msg, e)) {
		nlmsg_free(msg);
		return NULL;
	}
	genlmsg_end(msg, hdr);
	return msg;
}

static void event_tell(const struct event *e)
{
	struct sk_buff *msg;
	unsigned long flags;

	spin_lock_irqsave(&event_lock, flags);
	event_seq++;
	if (genl_has_listeners(&vdpa_nl_family, &init_net, 0)) {
		msg = skb_queue_len(&event_queue) < BACKLOG_MAX ? event_message(e) : NULL;
		if (msg)
			skb_queue_tail(&event_queue, msg);
		else
			WRITE_ONCE(event_lost, true);
		queue_work(system_unbound_wq, &event_work);
	}
	spin_unlock_irqrestore(&event_lock, flags);
}

void vdpa_event_mgmtdev(const struct vdpa_mgmtdev *mgmtdev, enum vdpa_event event)
{
	event_tell(&(struct event){ .event = event, .mgmtdev = mgmtdev });
}

/* Unmanaged devices cause no events. */
static void event_tell_device(struct event *e)
{
	e->mgmtdev = e->entry->mgmtdev;
	if (e->mgmtdev)
		event_tell(e);
}

void vdpa_event_dev(struct vdpa_entry *entry, enum vdpa_event event)
{
	event_tell_device(&(struct event){ .event = event, .entry = entry });
}

/* The caller holds the state's lock. */
void vdpa_event_state(struct vdpa_entry *entry, enum vdpa_dev_state from, enum vdpa_dev_state to,
		      enum vdpa_cause cause)
{
	event_tell_device(&(struct event){
		.event = VDPA_EVENT_DEV_STATE,
		.entry = entry,
		.from = from,
		.to = to,
		.holds = entry->state.holds,
		.cause = cause,
	});
}

void vdpa_event_config(struct vdpa_entry *entry, enum vdpa_cause cause)
{
	event_tell_device(&(struct event){
		.event = VDPA_EVENT_DEV_CONFIG,
		.entry = entry,
		.cause = cause,
	});
}

/* The caller holds vdpa_registry_lock. */
void vdpa_event_driver(struct vdpa_entry *entry)
{
	event_tell_device(&(struct event){ .event = VDPA_EVENT_DEV_DRIVER, .entry = entry });
}

/* Return: the number of the last event. */
u64 vdpa_event_seq(void)
{
	unsigned long flags;
	u64 seq;

	spin_lock_irqsave(&event_lock, flags);
	seq = event_seq;
	spin_unlock_irqrestore(&event_lock, flags);
	return seq;
}

int __init vdpa_events_init(void)
{
	skb_queue_head_init(&event_queue);
	return 0;
}

/* No events are created any more, and the family is unregistered. */
void vdpa_events_exit(void)
{
	cancel_work_sync(&event_work);
	skb_queue_purge(&event_queue);
}
