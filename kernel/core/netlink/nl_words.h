/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Feature words in netlink messages, for bits beyond 63.
 */
#ifndef _VDPA_NL_WORDS_H
#define _VDPA_NL_WORDS_H

struct netlink_ext_ack;
struct nlattr;
struct sk_buff;
struct vdpa_words;

int vdpa_nl_put_words(struct sk_buff *msg, int type, const struct vdpa_words *words);
int vdpa_nl_put_high(struct sk_buff *msg, int type, const struct vdpa_words *words);
int vdpa_nl_read_words(const struct nlattr *attr, struct vdpa_words *words,
		       struct netlink_ext_ack *extack);

#endif
