// SPDX-License-Identifier: GPL-2.0-only
/*
 * Dirty page tracking of a simulated device: a bitmap for each address space, in chunks that are
 * allocated at the first write.
 *
 * A page is marked after it was written, under the lock of the queue that wrote it. Chunks are
 * freed only at the end, so no other lock is needed: bits are set and cleared atomically.
 */
#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/log2.h>
#include <linux/module.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/vdpa_migration.h>
#include <linux/xarray.h>
#include <uapi/linux/vdpa.h>

#include "sim.h"

static unsigned int max_dirty_kb = 64 * 1024;
module_param(max_dirty_kb, uint, 0644);
MODULE_PARM_DESC(max_dirty_kb, "Memory for noting which pages a device writes, in KiB (default 65536)");

#define WORD_PAGES	64
#define CHUNK_KB	4
#define CHUNK_WORDS	(CHUNK_KB * SZ_1K / sizeof(u64))
#define CHUNK_PAGES	(CHUNK_WORDS * WORD_PAGES)
#define CHUNK_SHIFT	15	/* log2 of CHUNK_PAGES */

/* The bits of CHUNK_PAGES pages. */
struct vdpasim_dirty_chunk {
	atomic64_t words[CHUNK_WORDS];
};

/**
 * struct vdpasim_dirty_space - tracking of one address space
 * @dirty: tracking of the device
 * @chunks: struct vdpasim_dirty_chunk, by the number of its first page >> CHUNK_SHIFT
 */
struct vdpasim_dirty_space {
	struct vdpasim_dirty *dirty;
	struct xarray chunks;
};

/**
 * struct vdpasim_dirty - tracking of a device
 * @ranges: the tracked ranges
 * @n: number of ranges
 * @shift: log2 of the page size
 * @n_chunks: number of chunks
 * @lost: memory ran out: some written pages are not marked
 * @n_spaces: number of address spaces
 * @spaces: the address spaces
 */
struct vdpasim_dirty {
	struct vdpa_dirty_range ranges[VDPA_DIRTY_RANGES_MAX];
	unsigned int n;
	unsigned int shift;
	atomic_t n_chunks;
	bool lost;
	unsigned int n_spaces;
	struct vdpasim_dirty_space spaces[] __counted_by(n_spaces);
};

/* Return: whether any page of the chunk is in a tracked range. */
static bool is_tracked(const struct vdpasim_dirty_space *space, u64 index)
{
	const struct vdpasim_dirty *dirty = space->dirty;
	unsigned int asid = space - dirty->spaces, shift = dirty->shift + CHUNK_SHIFT, i;

	for (i = 0; i < dirty->n; i++)
		if (dirty->ranges[i].asid == asid && dirty->ranges[i].first >> shift <= index &&
		    dirty->ranges[i].last >> shift >= index)
			return true;
	return false;
}

/*
 * Add a chunk, which another queue may do at the same time. Return: the chunk; NULL without memory.
 */
static struct vdpasim_dirty_chunk *chunk_new(struct vdpasim_dirty_space *space, u64 index)
{
	struct vdpasim_dirty *dirty = space->dirty;
	struct vdpasim_dirty_chunk *chunk = NULL;
	int err = -ENOMEM;

	if (atomic_inc_return(&dirty->n_chunks) <= READ_ONCE(max_dirty_kb) / CHUNK_KB)
		chunk = kzalloc(sizeof(*chunk), GFP_KERNEL);
	if (chunk)
		err = xa_insert(&space->chunks, index, chunk, GFP_KERNEL);
	if (!err)
		return chunk;
	atomic_dec(&dirty->n_chunks);
	kfree(chunk);
	return xa_load(&space->chunks, index);
}

/* Return: the chunk; NULL if its pages are not tracked, or without memory. */
static struct vdpasim_dirty_chunk *chunk_of(struct vdpasim_dirty_space *space, u64 index)
{
	struct vdpasim_dirty_chunk *chunk = xa_load(&space->chunks, index);

	if (chunk || !is_tracked(space, index))
		return chunk;
	chunk = chunk_new(space, index);
	if (!chunk)
		WRITE_ONCE(space->dirty->lost, true);
	return chunk;
}

/* Mark a page. A queue nearly always writes to the same chunk again, so it is cached. */
static void note(struct vdpasim_vq *vq, u64 page)
{
	struct vdpasim_dirty_chunk *chunk = vq->dirty_chunk;
	u64 index = page >> CHUNK_SHIFT;
	unsigned int bit = page % CHUNK_PAGES;

	if (!chunk || vq->dirty_index != index) {
		chunk = chunk_of(vq->dirty, index);
		if (!chunk)
			return;
		vq->dirty_chunk = chunk;
		vq->dirty_index = index;
	}
	atomic64_or(BIT_ULL(bit % WORD_PAGES), &chunk->words[bit / WORD_PAGES]);
}

/**
 * vdpasim_dirty_note - mark the pages that a device has written
 * @vq: queue that wrote; its lock is held; vq->dirty is set
 * @iova: first address
 * @len: bytes, at least one
 *
 * May sleep.
 */
void vdpasim_dirty_note(struct vdpasim_vq *vq, u64 iova, u32 len)
{
	unsigned int shift = vq->dirty->dirty->shift;
	u64 last = (iova + (len - 1)) >> shift, page;

	/* Write the page before its bit: a reader that sees the bit copies the new data. */
	smp_mb__before_atomic();
	for (page = iova >> shift; page <= last; page++)
		note(vq, page);
}

/**
 * vdpasim_dirty_place - set the tracking that a queue uses
 * @vq: queue, with its lock and that of the device held
 * @asid: its address space
 */
void vdpasim_dirty_place(struct vdpasim_vq *vq, unsigned int asid)
{
	struct vdpasim_dirty *dirty = vq->sim->dirty;

	vq->dirty = dirty ? &dirty->spaces[asid] : NULL;
	vq->dirty_chunk = NULL;
}

static void space_free(struct vdpasim_dirty_space *space)
{
	struct vdpasim_dirty_chunk *chunk;
	unsigned long index;

	xa_for_each(&space->chunks, index, chunk)
		kfree(chunk);
	xa_destroy(&space->chunks);
}

/* Free a tracking that no queue uses. */
static void dirty_free(struct vdpasim_dirty *dirty)
{
	unsigned int i;

	for (i = 0; dirty && i < dirty->n_spaces; i++)
		space_free(&dirty->spaces[i]);
	kfree(dirty);
}

/**
 * vdpasim_dirty_free - free the tracking of a device whose queues are freed
 * @sim: device
 */
void vdpasim_dirty_free(struct vdpasim *sim)
{
	dirty_free(sim->dirty);
	sim->dirty = NULL;
}

static struct vdpasim_dirty *dirty_new(struct vdpasim *sim, const struct vdpa_dirty_range *ranges,
				       unsigned int n, u64 page_size)
{
	unsigned int i, nas = sim->vdpa.nas;
	struct vdpasim_dirty *dirty;

	dirty = kzalloc(struct_size(dirty, spaces, nas), GFP_KERNEL);
	if (!dirty)
		return NULL;
	memcpy(dirty->ranges, ranges, n * sizeof(*ranges));
	dirty->n = n;
	dirty->shift = ilog2(page_size);
	dirty->n_spaces = nas;
	for (i = 0; i < nas; i++) {
		dirty->spaces[i].dirty = dirty;
		xa_init(&dirty->spaces[i].chunks);
	}
	return dirty;
}

/* Return: whether the chunk numbers fit into an unsigned long, as the xarray needs. */
static bool fits(const struct vdpa_dirty_range *ranges, unsigned int n, u64 page_size)
{
	while (n--)
		if (ranges[n].last >> (ilog2(page_size) + CHUNK_SHIFT) > (u64)ULONG_MAX)
			return false;
	return true;
}

/*
 * Replace the tracking. Each queue's lock is taken, so when this returns all queues use the new
 * one, and all later writes are marked there.
 */
static void change(struct vdpasim *sim, struct vdpasim_dirty *dirty)
{
	mutex_lock(&sim->lock);
	swap(sim->dirty, dirty);
	vdpasim_place_queues(sim);
	mutex_unlock(&sim->lock);
	dirty_free(dirty);
}

int vdpasim_dirty_start(struct vdpa_device *vdpa, const struct vdpa_dirty_range *ranges,
			unsigned int n, u64 page_size, struct netlink_ext_ack *extack)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);
	struct vdpasim_dirty *dirty;
	int err;

	err = vdpasim_fault(&sim->parent->dirty_start) ?: vdpasim_fault(&sim->dirty_start);
	if (err)
		return err;
	if (!fits(ranges, n, page_size)) {
		NL_SET_ERR_MSG_MOD(extack, "addresses above what this host can number");
		return -E2BIG;
	}
	dirty = dirty_new(sim, ranges, n, page_size);
	if (!dirty)
		return -ENOMEM;
	change(sim, dirty);
	return 0;
}

static int read_word(const struct vdpasim_dirty *dirty, atomic64_t *word, u64 iova,
		     const struct vdpa_dirty_range *range, bool clear, struct vdpa_dirty_sink *to)
{
	u64 pages = atomic64_read(word);
	int err;

	if (!pages)
		return 0;
	pages &= vdpa_dirty_mask(iova, range, dirty->shift);
	if (!pages)
		return 0;
	err = to->put(to, iova, pages);
	/* Fully ordered: later writes are marked again, and the data of earlier ones is visible. */
	if (!err && clear)
		atomic64_fetch_andnot(pages, word);
	return err;
}

static int read_chunk(const struct vdpasim_dirty *dirty, struct vdpasim_dirty_chunk *chunk,
		      u64 index, const struct vdpa_dirty_range *range, bool clear,
		      struct vdpa_dirty_sink *to)
{
	unsigned int shift = dirty->shift + ilog2(WORD_PAGES);
	u64 first = index * CHUNK_WORDS, begin, end, i;
	int err = 0;

	begin = max(range->first >> shift, first);
	end = min((range->last >> shift) + 1, first + CHUNK_WORDS);
	for (i = begin; !err && i < end; i++)
		err = read_word(dirty, &chunk->words[i - first], i << shift, range, clear, to);
	cond_resched();
	return err;
}

/* Needs no lock: the core never stops the tracking during a read. */
int vdpasim_dirty_read(struct vdpa_device *vdpa, const struct vdpa_dirty_range *range, bool clear,
		       struct vdpa_dirty_sink *to)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);
	struct vdpasim_dirty *dirty = sim->dirty;
	unsigned int shift = dirty->shift + CHUNK_SHIFT;
	unsigned long index;
	struct vdpasim_dirty_chunk *chunk;
	int err;

	err = vdpasim_fault(&sim->parent->dirty_read) ?: vdpasim_fault(&sim->dirty_read);
	if (err)
		return err;
	if (READ_ONCE(dirty->lost))
		return -EOVERFLOW;
	xa_for_each_range(&dirty->spaces[range->asid].chunks, index, chunk, range->first >> shift,
			  range->last >> shift) {
		err = read_chunk(dirty, chunk, index, range, clear, to);
		if (err)
			return err;
	}
	return 0;
}

int vdpasim_dirty_stop(struct vdpa_device *vdpa)
{
	struct vdpasim *sim = vdpa_to_sim(vdpa);
	int err;

	err = vdpasim_fault(&sim->parent->dirty_stop) ?: vdpasim_fault(&sim->dirty_stop);
	if (!err)
		change(sim, NULL);
	return err;
}
