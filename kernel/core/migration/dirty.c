// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages that a device wrote: see dirty.h.
 */
#include <linux/err.h>
#include <linux/log2.h>
#include <linux/slab.h>
#include <linux/vdpa.h>
#include <uapi/linux/vdpa.h>

#include "device.h"
#include "message.h"
#include "migration/dirty.h"
#include "request.h"

/* Whether its parent can note them. */
bool vdpa_dirty_knows(const struct vdpa_entry *entry)
{
	return entry->mgmtdev && entry->mgmtdev->migration.dirty_start;
}

/* As vdpa_dirty_knows(). Return: 0 or -EOPNOTSUPP; @extack says why. */
int vdpa_dirty_can(struct vdpa_entry *entry, struct netlink_ext_ack *extack)
{
	if (vdpa_dirty_knows(entry))
		return 0;
	NL_SET_ERR_MSG_FMT(extack, "device " VDPA_MSG_NAME
			   ": its parent does not note which pages it writes",
			   vdpa_entry_name(entry));
	return -EOPNOTSUPP;
}

/* Return: room for @n ranges, to be given up with kfree(); NULL if there is no memory. */
struct vdpa_dirty *vdpa_dirty_new(unsigned int n)
{
	struct vdpa_dirty *dirty = kzalloc(struct_size(dirty, ranges, n), GFP_KERNEL_ACCOUNT);

	if (dirty)
		dirty->n = n;
	return dirty;
}

static struct vdpa_iova_range iova_range(struct vdpa_entry *entry)
{
	if (entry->ops.get_iova_range)
		return entry->ops.get_iova_range(entry->vdev);
	return (struct vdpa_iova_range){ .last = U64_MAX };
}

/* The parent takes it, or has a smallest one. Return: 0 or -EINVAL. */
static int choose_page_size(struct vdpa_request *req, const struct vdpa_dirty *wish, u64 *size)
{
	u64 sizes = req->entry->mgmtdev->migration.dirty_page_sizes;

	*size = wish->page_size ?: sizes & -sizes;
	if (is_power_of_2(*size) && sizes & *size)
		return 0;
	req->fault = VDPA_ATTR_DIRTY_PAGE_SIZE;
	NL_SET_ERR_MSG_FMT(&req->extack,
			   "a page size of %llu is not among those that its parent takes: 0x%llx",
			   *size, sizes);
	return -EINVAL;
}

/* Return: 0 or -EINVAL. */
static int check_pages(struct vdpa_request *req, const struct vdpa_dirty_range *range,
		       u64 page_size)
{
	if (range->first <= range->last && IS_ALIGNED(range->first, page_size) &&
	    IS_ALIGNED(range->last + 1, page_size))
		return 0;
	NL_SET_ERR_MSG_FMT(&req->extack, "0x%llx to 0x%llx are not whole pages of %llu bytes",
			   range->first, range->last, page_size);
	return -EINVAL;
}

/* The device has such addresses. Return: 0 or -ERANGE. */
static int check_reach(struct vdpa_request *req, const struct vdpa_dirty_range *range,
		       const struct vdpa_iova_range *reach)
{
	unsigned int nas = req->entry->vdev->nas;

	if (range->asid >= nas) {
		NL_SET_ERR_MSG_FMT(&req->extack, "device " VDPA_MSG_NAME
				   " has the address spaces 0 to %u, not %u",
				   vdpa_entry_name(req->entry), nas - 1, range->asid);
		return -ERANGE;
	}
	if (range->first >= reach->first && range->last <= reach->last)
		return 0;
	NL_SET_ERR_MSG_FMT(&req->extack, "0x%llx to 0x%llx are beyond the device's addresses",
			   range->first, range->last);
	return -ERANGE;
}

/* It has nothing in common with those before it. Return: 0 or -EINVAL. */
static int check_overlap(struct vdpa_request *req, const struct vdpa_dirty *wish, unsigned int i)
{
	const struct vdpa_dirty_range *range = &wish->ranges[i], *other = range;

	while (other-- != wish->ranges) {
		if (other->asid != range->asid || other->last < range->first ||
		    other->first > range->last)
			continue;
		NL_SET_ERR_MSG_FMT(&req->extack, "0x%llx to 0x%llx overlap with an earlier range",
				   range->first, range->last);
		return -EINVAL;
	}
	return 0;
}

static int check_ranges(struct vdpa_request *req, const struct vdpa_dirty *wish, u64 page_size)
{
	struct vdpa_iova_range reach = iova_range(req->entry);
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < wish->n; i++) {
		req->fault = VDPA_ATTR_DIRTY_RANGE;
		req->fault_index = i;
		err = check_pages(req, &wish->ranges[i], page_size) ?:
		      check_reach(req, &wish->ranges[i], &reach) ?:
		      check_overlap(req, wish, i);
	}
	return err;
}

/* All whole pages that the device can write. */
static struct vdpa_dirty *everything(struct vdpa_request *req, u64 page_size)
{
	struct vdpa_iova_range reach = iova_range(req->entry);
	unsigned int asid, nas = req->entry->vdev->nas;
	struct vdpa_dirty *dirty;

	if (nas > VDPA_DIRTY_RANGES_MAX) {
		NL_SET_ERR_MSG_FMT(&req->extack, "device " VDPA_MSG_NAME
				   " has %u address spaces: say which ranges",
				   vdpa_entry_name(req->entry), nas);
		return ERR_PTR(-E2BIG);
	}
	dirty = vdpa_dirty_new(nas);
	if (!dirty)
		return ERR_PTR(-ENOMEM);
	for (asid = 0; asid < nas; asid++)
		dirty->ranges[asid] = (struct vdpa_dirty_range){
			.asid = asid,
			.first = ALIGN(reach.first, page_size),
			.last = ALIGN_DOWN(reach.last + 1, page_size) - 1,
		};
	return dirty;
}

/* Return: what is to be tracked, whole and sound; or an ERR_PTR. */
static struct vdpa_dirty *complete_wish(struct vdpa_request *req, const struct vdpa_dirty *wish)
{
	struct vdpa_dirty *dirty;
	u64 page_size;
	int err;

	err = choose_page_size(req, wish, &page_size) ?: check_ranges(req, wish, page_size);
	if (err)
		return ERR_PTR(err);
	if (wish->n)
		dirty = kmemdup(wish, struct_size(wish, ranges, wish->n), GFP_KERNEL_ACCOUNT);
	else
		dirty = everything(req, page_size);
	if (!dirty)
		return ERR_PTR(-ENOMEM);
	if (!IS_ERR(dirty))
		dirty->page_size = page_size;
	return dirty;
}

/* In the parent's own words, if it has any. */
static void parent_failed(struct vdpa_request *req, const char *what, int err)
{
	req->fault = VDPA_ATTR_DEV_NAME;
	if (!req->extack._msg)
		NL_SET_ERR_MSG_FMT(&req->extack, "device " VDPA_MSG_NAME
				   ": its parent cannot %s: %pe", vdpa_entry_name(req->entry),
				   what, ERR_PTR(err));
}

/**
 * vdpa_dirty_start - have a device note which pages it writes
 * @req: the request; its parent can, vdpa_dirty_can() says
 * @wish: what is to be tracked
 *
 * Context: in the device's turn; may sleep for as long as the parent takes.
 * Return: 0; -EALREADY; -EINVAL, -ERANGE or -E2BIG if that cannot be tracked; -ENOMEM; what the
 * parent says.
 */
int vdpa_dirty_start(struct vdpa_request *req, const struct vdpa_dirty *wish)
{
	struct vdpa_entry *entry = req->entry;
	struct vdpa_dirty *dirty;
	int err;

	if (entry->dirty) {
		req->fault = VDPA_ATTR_DEV_NAME;
		NL_SET_ERR_MSG_FMT(&req->extack, "device " VDPA_MSG_NAME
				   ": the pages it writes are noted already",
				   vdpa_entry_name(entry));
		return -EALREADY;
	}
	dirty = complete_wish(req, wish);
	if (IS_ERR(dirty))
		return PTR_ERR(dirty);
	err = entry->mgmtdev->migration.dirty_start(entry->vdev, dirty->ranges, dirty->n,
						    dirty->page_size, &req->extack);
	if (err) {
		parent_failed(req, "note the pages it writes", err);
		kfree(dirty);
		return err;
	}
	entry->dirty = dirty;
	return 0;
}

/**
 * vdpa_dirty_tracked - what is tracked of a device
 * @req: the request
 *
 * Context: in the device's turn.
 * Return: what is; ERR_PTR(-ENOENT), and it is said, if nothing is.
 */
const struct vdpa_dirty *vdpa_dirty_tracked(struct vdpa_request *req)
{
	if (req->entry->dirty)
		return req->entry->dirty;
	req->fault = VDPA_ATTR_DEV_NAME;
	NL_SET_ERR_MSG_FMT(&req->extack, "device " VDPA_MSG_NAME
			   ": the pages it writes are not noted", vdpa_entry_name(req->entry));
	return ERR_PTR(-ENOENT);
}

/**
 * vdpa_dirty_check_range - whether a range can be read
 * @req: the request, about a device of which something is tracked
 * @range: the range
 *
 * Context: in the device's turn.
 * Return: 0; -EINVAL if it does not consist of whole pages; -ERANGE if it is not within one that is
 * tracked.
 */
int vdpa_dirty_check_range(struct vdpa_request *req, const struct vdpa_dirty_range *range)
{
	const struct vdpa_dirty *dirty = req->entry->dirty;
	const struct vdpa_dirty_range *r;
	int err;

	req->fault = VDPA_ATTR_DIRTY_FIRST;
	err = check_pages(req, range, dirty->page_size);
	if (err)
		return err;
	for (r = dirty->ranges; r < dirty->ranges + dirty->n; r++)
		if (r->asid == range->asid && r->first <= range->first && r->last >= range->last)
			return 0;
	NL_SET_ERR_MSG_FMT(&req->extack, "0x%llx to 0x%llx are not within a range that is tracked",
			   range->first, range->last);
	return -ERANGE;
}

/**
 * vdpa_dirty_read - read which pages of a range a device wrote
 * @req: the request
 * @range: the range, which has been checked
 * @clear: clear what @to takes
 * @to: takes it
 *
 * Context: in the device's turn; may sleep for as long as the parent takes.
 * Return: 0; what @to or the parent said.
 */
int vdpa_dirty_read(struct vdpa_request *req, const struct vdpa_dirty_range *range, bool clear,
		    struct vdpa_dirty_sink *to)
{
	struct vdpa_entry *entry = req->entry;
	int err = entry->mgmtdev->migration.dirty_read(entry->vdev, range, clear, to);

	if (err == -EOVERFLOW)
		NL_SET_ERR_MSG_FMT(&req->extack, "device " VDPA_MSG_NAME
				   " has lost track of what it wrote: stop, and begin anew",
				   vdpa_entry_name(entry));
	if (err)
		parent_failed(req, "tell the pages it wrote", err);
	return err;
}

/**
 * vdpa_dirty_stop - have a device note no more which pages it writes
 * @req: the request
 *
 * Context: in the device's turn; may sleep for as long as the parent takes.
 * Return: 0; -ENOENT if it does not; what the parent says, and it goes on.
 */
int vdpa_dirty_stop(struct vdpa_request *req)
{
	const struct vdpa_dirty *dirty = vdpa_dirty_tracked(req);
	struct vdpa_entry *entry = req->entry;
	int err;

	if (IS_ERR(dirty))
		return PTR_ERR(dirty);
	err = entry->mgmtdev->migration.dirty_stop(entry->vdev);
	if (err) {
		parent_failed(req, "end that", err);
		return err;
	}
	vdpa_dirty_exit(entry);
	return 0;
}

/* It is stopped, or the device has gone. */
void vdpa_dirty_exit(struct vdpa_entry *entry)
{
	kfree(entry->dirty);
	entry->dirty = NULL;
}
