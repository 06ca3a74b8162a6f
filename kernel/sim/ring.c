// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device's side of a split virtqueue.
 *
 * The driver's data is copied before it is checked. Every loop is bounded by the size of the ring,
 * even if the driver changes the ring meanwhile. If the driver violates the specification, the
 * device goes into NEEDS_RESET.
 */
#include <linux/bottom_half.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/virtio_byteorder.h>

#include "sim.h"

/*
 * Limits of one round of a queue. The rest is queued behind the other queues that were kicked
 * meanwhile.
 */
#define ROUND_CHAINS	64
#define ROUND_BYTES	SZ_1M

/**
 * struct walk - reads a descriptor chain
 * @vq: its queue
 * @n: number of buffers so far, in the queue's scratch
 * @n_out: number of device-readable ones
 * @out_len: bytes in device-readable buffers
 * @in_len: bytes in device-writable buffers
 */
struct walk {
	struct vdpasim_vq *vq;
	u16 n;
	u16 n_out;
	u64 out_len;
	u64 in_len;
};

static u64 avail_flags_at(const struct vdpasim_vq *vq)
{
	return vq->driver + offsetof(struct vring_avail, flags);
}

static u64 avail_idx_at(const struct vdpasim_vq *vq)
{
	return vq->driver + offsetof(struct vring_avail, idx);
}

static u64 avail_entry_at(const struct vdpasim_vq *vq, u16 pos)
{
	return vq->driver + offsetof(struct vring_avail, ring[pos % vq->num]);
}

static u64 used_event_at(const struct vdpasim_vq *vq)
{
	return vq->driver + offsetof(struct vring_avail, ring[vq->num]);
}

static u64 used_idx_at(const struct vdpasim_vq *vq)
{
	return vq->device + offsetof(struct vring_used, idx);
}

static u64 used_entry_at(const struct vdpasim_vq *vq, u16 pos)
{
	return vq->device + offsetof(struct vring_used, ring[pos % vq->num]);
}

static u64 avail_event_at(const struct vdpasim_vq *vq)
{
	return vq->device + offsetof(struct vring_used, ring[vq->num]);
}

static int broken(struct vdpasim_vq *vq, const char *why)
{
	vdpasim_broken(vq, why);
	return -EIO;
}

static int add_seg(struct walk *walk, const struct vring_desc *desc)
{
	bool in = __virtio16_to_cpu(true, desc->flags) & VRING_DESC_F_WRITE;
	u32 len = __virtio32_to_cpu(true, desc->len);
	struct vdpasim_vq *vq = walk->vq;
	struct vdpasim_seg *seg;

	if (!in && walk->n > walk->n_out)
		return broken(vq, "readable descriptor after a writable one");
	if (walk->out_len + walk->in_len + len > U32_MAX)
		return broken(vq, "descriptor chain of more than 4 GiB");
	if (walk->n == vq->scratch->max)
		return broken(vq, "descriptor chain is too long");

	seg = &vq->scratch->segs[walk->n++];
	seg->iova = __virtio64_to_cpu(true, desc->addr);
	seg->len = len;
	if (in) {
		walk->in_len += len;
	} else {
		walk->out_len += len;
		walk->n_out++;
	}
	return 0;
}

static int walk_indirect(struct walk *walk, const struct vring_desc *desc)
{
	u16 flags = __virtio16_to_cpu(true, desc->flags);
	u32 len = __virtio32_to_cpu(true, desc->len);
	struct vdpasim_vq *vq = walk->vq;
	struct vring_desc *table = vq->scratch->table;
	u16 i, steps, num;
	int err;

	if (!vdpasim_has(vq->sim, VIRTIO_RING_F_INDIRECT_DESC) || flags & VRING_DESC_F_NEXT)
		return broken(vq, "indirect descriptor where none may be");
	if (!len || len % sizeof(*table) || len > vq->scratch->max * sizeof(*table))
		return broken(vq, "indirect table of invalid size");
	if (vdpasim_read(vq, __virtio64_to_cpu(true, desc->addr), table, len))
		return broken(vq, "indirect table is not mapped");

	num = len / sizeof(*table);
	for (i = 0, steps = 0; steps < num; steps++) {
		flags = __virtio16_to_cpu(true, table[i].flags);
		if (flags & VRING_DESC_F_INDIRECT)
			return broken(vq, "indirect descriptor in an indirect table");
		err = add_seg(walk, &table[i]);
		if (err || !(flags & VRING_DESC_F_NEXT))
			return err;
		i = __virtio16_to_cpu(true, table[i].next);
		if (i >= num)
			return broken(vq, "descriptor index beyond the indirect table");
	}
	return broken(vq, "indirect table has a loop");
}

static int walk_chain(struct walk *walk, u16 head)
{
	struct vdpasim_vq *vq = walk->vq;
	struct vring_desc desc;
	u16 i, steps, flags;
	int err;

	for (i = head, steps = 0; steps < vq->num; steps++) {
		if (i >= vq->num)
			return broken(vq, "descriptor index beyond the ring");
		if (vdpasim_read(vq, vq->desc + i * sizeof(desc), &desc, sizeof(desc)))
			return broken(vq, "descriptor table is not mapped");
		flags = __virtio16_to_cpu(true, desc.flags);
		if (flags & VRING_DESC_F_INDIRECT)
			return walk_indirect(walk, &desc);
		err = add_seg(walk, &desc);
		if (err || !(flags & VRING_DESC_F_NEXT))
			return err;
		i = __virtio16_to_cpu(true, desc.next);
	}
	return broken(vq, "descriptor chain has a loop");
}

/* Set @n to the number of available chains from vq->next on. */
static int n_available(struct vdpasim_vq *vq, u16 *n)
{
	u16 idx;

	if (vdpasim_read16(vq, avail_idx_at(vq), &idx))
		return broken(vq, "available ring is not mapped");
	*n = idx - vq->next;
	if (*n > vq->num - vq->n_flights)
		return broken(vq, "available index is ahead by more than the ring holds");
	return 0;
}

/**
 * vdpasim_ring_again - read a chain that was already taken from the available ring
 * @vq: its queue; the lock is held
 * @head: index of its first descriptor
 * @chain: the chain; valid until the next call
 *
 * May sleep. Return: VDPASIM_STEP_DONE or _BROKEN.
 */
enum vdpasim_step vdpasim_ring_again(struct vdpasim_vq *vq, u16 head, struct vdpasim_chain *chain)
{
	struct walk walk = { .vq = vq };

	if (walk_chain(&walk, head))
		return VDPASIM_STEP_BROKEN;

	*chain = (struct vdpasim_chain) {
		.head = head,
		.out = { .seg = vq->scratch->segs, .left = walk.out_len },
		.in = { .seg = vq->scratch->segs + walk.n_out, .left = walk.in_len },
	};
	return VDPASIM_STEP_DONE;
}

/**
 * vdpasim_ring_next - read the next available chain
 * @vq: its queue; the lock is held
 * @ahead: chains taken before it and not published yet
 * @chain: the chain; valid until the next call
 *
 * May sleep. Return: VDPASIM_STEP_DONE, _EMPTY or _BROKEN.
 */
enum vdpasim_step vdpasim_ring_next(struct vdpasim_vq *vq, u16 ahead, struct vdpasim_chain *chain)
{
	u16 n, head;

	if (n_available(vq, &n))
		return VDPASIM_STEP_BROKEN;
	if (n <= ahead) {
		vq->seen = n;
		return VDPASIM_STEP_EMPTY;
	}

	/* Read the index before the entry and its descriptors. */
	smp_rmb();

	if (vdpasim_read16(vq, avail_entry_at(vq, vq->next + ahead), &head)) {
		vdpasim_broken(vq, "available ring is not mapped");
		return VDPASIM_STEP_BROKEN;
	}
	vdpasim_count(vq, VDPASIM_STAT_RECEIVED, 1);
	return vdpasim_ring_again(vq, head, chain);
}
EXPORT_SYMBOL_GPL(vdpasim_ring_next);

/**
 * vdpasim_ring_put - write a used entry without telling the driver yet
 * @vq: the queue; the lock is held
 * @ahead: entries put before it and not published yet
 * @head: index of its first descriptor
 * @written: bytes written to it
 *
 * May sleep. Return: 0, or -EIO and the device is in NEEDS_RESET.
 */
int vdpasim_ring_put(struct vdpasim_vq *vq, u16 ahead, u16 head, u32 written)
{
	struct {
		__le32 id;
		__le32 len;
	} used = { cpu_to_le32(head), cpu_to_le32(written) };

	if (vdpasim_write(vq, used_entry_at(vq, vdpasim_used(vq) + ahead), &used, sizeof(used)))
		return broken(vq, "used ring is not mapped");
	return 0;
}
EXPORT_SYMBOL_GPL(vdpasim_ring_put);

/**
 * vdpasim_ring_publish - make used entries visible to the driver
 * @vq: the queue; the lock is held
 * @n: number of entries put
 *
 * May sleep. Return: 0, or -EIO and the device is in NEEDS_RESET.
 */
int vdpasim_ring_publish(struct vdpasim_vq *vq, u16 n)
{
	/* Write the entries and their buffers before the index. */
	smp_wmb();

	if (vdpasim_write16(vq, used_idx_at(vq), vdpasim_used(vq) + n))
		return broken(vq, "used ring is not mapped");
	WRITE_ONCE(vq->next, vq->next + n);
	vdpasim_count(vq, VDPASIM_STAT_COMPLETED, n);
	return 0;
}
EXPORT_SYMBOL_GPL(vdpasim_ring_publish);

/**
 * vdpasim_ring_rewind - leave chains in the available ring, to be read again later
 * @vq: the queue; the lock is held
 * @n: number of chains read and not published
 */
void vdpasim_ring_rewind(struct vdpasim_vq *vq, u16 n)
{
	atomic64_sub(n, &vq->stats[VDPASIM_STAT_RECEIVED]);
}
EXPORT_SYMBOL_GPL(vdpasim_ring_rewind);

/**
 * vdpasim_ring_complete - complete one chain
 * @vq: the queue; the lock is held
 * @head: index of its first descriptor
 * @written: bytes written to it
 *
 * May sleep. Return: 0, or -EIO and the device is in NEEDS_RESET.
 */
int vdpasim_ring_complete(struct vdpasim_vq *vq, u16 head, u32 written)
{
	return vdpasim_ring_put(vq, 0, head, written) ?: vdpasim_ring_publish(vq, 1);
}
EXPORT_SYMBOL_GPL(vdpasim_ring_complete);

/*
 * The ring has too few chains: request a kick, then check again, as the driver may have added
 * chains before it saw the request. Return: 1 if it has, 0 if not, or -EIO.
 */
static int ring_rest(struct vdpasim_vq *vq)
{
	u16 n;

	if (vdpasim_has(vq->sim, VIRTIO_RING_F_EVENT_IDX) &&
	    vdpasim_write16(vq, avail_event_at(vq), vq->next + vq->seen))
		return broken(vq, "used ring is not mapped");

	/* Pairs with the driver's barrier: it writes its index, then reads the event. */
	smp_mb();

	if (n_available(vq, &n))
		return -EIO;
	return n > vq->seen;
}

/* Return: whether the driver wants an interrupt for the published entries. */
static bool wants_interrupt(struct vdpasim_vq *vq)
{
	u16 event, flags, now = vdpasim_used(vq), old = vq->signalled;
	bool first = !vq->signalled_valid;

	/* Pairs with the driver's barrier: it writes the event or flag, then reads the index. */
	smp_mb();

	if (!vdpasim_has(vq->sim, VIRTIO_RING_F_EVENT_IDX)) {
		if (vdpasim_read16(vq, avail_flags_at(vq), &flags))
			return !broken(vq, "available ring is not mapped");
		return !(flags & VRING_AVAIL_F_NO_INTERRUPT);
	}

	if (vdpasim_read16(vq, used_event_at(vq), &event))
		return !broken(vq, "available ring is not mapped");
	vq->signalled = now;
	vq->signalled_valid = true;
	return first || vring_need_event(event, now, old);
}

static void notify(struct vdpasim_vq *vq)
{
	if (!vq->cb.callback || !wants_interrupt(vq))
		return;

	/* A network driver raises its softirq here: local_bh_enable() runs it. */
	local_bh_disable();
	vq->cb.callback(vq->cb.private);
	local_bh_enable();
}

/* Return: whether the queue needs another round at once. */
static bool vq_round(struct vdpasim_vq *vq)
{
	const struct vdpasim_class *class = vq->sim->parent->class;
	unsigned int chains;
	u32 bytes = 0;

	for (chains = 0; chains < ROUND_CHAINS && bytes < ROUND_BYTES; chains++) {
		if (!vdpasim_may_move(vq))
			return false;
		cond_resched();

		switch (class->step(vq, &bytes)) {
		case VDPASIM_STEP_DONE:
			break;
		case VDPASIM_STEP_EMPTY:
			if (ring_rest(vq) != 1)
				return false;
			break;
		case VDPASIM_STEP_IDLE:
		case VDPASIM_STEP_BROKEN:
			return false;
		}
	}
	return true;
}

/**
 * vdpasim_vq_work - one round of a queue
 * @work: of the queue
 *
 * The device may be a disk of this host. So allocations here must not wait for writeback to it.
 */
void vdpasim_vq_work(struct work_struct *work)
{
	struct vdpasim_vq *vq = container_of(work, struct vdpasim_vq, work);
	unsigned int noio = memalloc_noio_save();
	struct mm_struct *mm;
	bool again = false;
	u16 before;

	mutex_lock(&vq->lock);
	if (vdpasim_may_move(vq) && vdpasim_enter_mm(vq->sim, &mm)) {
		before = vdpasim_used(vq);
		again = vq_round(vq);
		if (vdpasim_used(vq) != before)
			notify(vq);
		vdpasim_flight_kick_later(vq);
		vdpasim_leave_mm(mm);
	}
	mutex_unlock(&vq->lock);
	memalloc_noio_restore(noio);

	if (again)
		vdpasim_kick(vq);
}

/*
 * Return: the number of bytes in the current buffer, at most @want; @iter must not be at its end.
 */
static u32 advance(struct vdpasim_iter *iter, u32 want, u64 *iova)
{
	u32 n;

	while (iter->off == iter->seg->len) {
		iter->seg++;
		iter->off = 0;
	}
	n = min(want, iter->seg->len - iter->off);
	*iova = iter->seg->iova + iter->off;
	iter->off += n;
	iter->left -= n;
	return n;
}

/**
 * vdpasim_iova - get the address of the next byte in the buffers of a chain
 * @iter: position, not at the end
 *
 * Return: its IOVA.
 */
u64 vdpasim_iova(const struct vdpasim_iter *iter)
{
	struct vdpasim_iter copy = *iter;
	u64 iova;

	advance(&copy, 1, &iova);
	return iova;
}
EXPORT_SYMBOL_GPL(vdpasim_iova);

/**
 * vdpasim_pull - read from the buffers of a chain
 * @vq: its queue; the lock is held
 * @from: position to read from; advanced
 * @buf: destination
 * @len: bytes; no more than @from has left
 *
 * May sleep. Return: 0, or -EIO and the device is in NEEDS_RESET.
 */
int vdpasim_pull(struct vdpasim_vq *vq, struct vdpasim_iter *from, void *buf, u32 len)
{
	u64 iova;
	u32 n;

	while (len) {
		n = advance(from, len, &iova);
		if (vdpasim_read(vq, iova, buf, n))
			return broken(vq, "readable buffer is not mapped");
		buf += n;
		len -= n;
	}
	return 0;
}
EXPORT_SYMBOL_GPL(vdpasim_pull);

/**
 * vdpasim_push - write to the buffers of a chain
 * @vq: its queue; the lock is held
 * @to: position to write to; advanced
 * @buf: source
 * @len: bytes; no more than @to has left
 *
 * May sleep. Return: 0, or -EIO and the device is in NEEDS_RESET.
 */
int vdpasim_push(struct vdpasim_vq *vq, struct vdpasim_iter *to, const void *buf, u32 len)
{
	u64 iova;
	u32 n;

	while (len) {
		n = advance(to, len, &iova);
		if (vdpasim_write(vq, iova, buf, n))
			return broken(vq, "writable buffer is not mapped");
		buf += n;
		len -= n;
	}
	return 0;
}
EXPORT_SYMBOL_GPL(vdpasim_push);

/**
 * vdpasim_skip - advance in the buffers of a chain
 * @iter: position; advanced
 * @len: bytes; no more than @iter has left
 */
void vdpasim_skip(struct vdpasim_iter *iter, u32 len)
{
	u64 iova;

	while (len)
		len -= advance(iter, len, &iova);
}
EXPORT_SYMBOL_GPL(vdpasim_skip);
