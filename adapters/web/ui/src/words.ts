// What the page itself says, in Chinese and English; the build shortens names that begin with $. What the bot and seats say comes from
// the release.
const both = {
  $bot: ['机器人', 'Bot'],
  $seat: ['人工客服', 'Support agent'],
  $me: ['我', 'You'],
  $log: ['对话内容', 'Conversation'],
  $about: ['机器人为您服务，随时可转人工', 'A bot answers, a person is one tap away'],
  $aboutSeat: ['人工客服正在为您服务', 'You are talking to a person'],
  $connecting: ['正在连接…', 'Connecting…'],
  $lost: ['网络断开，正在重连，写好的话不会丢。', 'Connection lost. What you wrote is kept.'],
  $elsewhere: ['对话已在别的窗口打开。', 'Open in another window.'],
  $again: ['重试', 'Retry'],
  $here: ['在这里继续', 'Continue here'],
  $write: ['说说您遇到的问题', 'Describe your problem'],
  $send: ['发送', 'Send'],
  $human: ['人工', 'Person'],
  $humanLong: ['转人工客服', 'Talk to a person'],
  $close: ['收起', 'Close'],
  $open: ['打开客服对话', 'Open support chat'],
  $choices: ['可选的问题', 'Suggested questions'],
  $fresh: ['以下是新消息', 'New messages'],
  $below: ['有新消息', 'New messages'],
  $typing: ['正在输入', 'is typing'],
  $seatCame: ['人工客服来了', 'A support agent has joined'],
  $seatLeft: ['机器人继续为您服务', 'The bot is back'],
  $failed: ['没有送达，点这里重发', 'Not delivered. Tap to retry'],
  $refused: ['没有发出，可能太长了，请改一改。', 'Not sent, perhaps too long.'],
  $image: ['图片', 'Image'],
  $file: ['文件', 'File'],
  $newWindow: ['在新窗口打开', 'Open in a new window'],
} as const;

export type Words = { [k in keyof typeof both]: string };

// language is a tag that Intl takes: what is asked for may be anything.
export const language = (asked: string | null | undefined): string =>
  /^[a-z]{2,3}(-\w{2,8})*$/i.test(asked ?? '') ? asked! : navigator.language || 'zh-CN';

export function words(lang: string): Words {
  const n = /^zh/i.test(lang) ? 0 : 1;
  return Object.fromEntries(Object.entries(both).map(([k, v]) => [k, v[n]])) as Words;
}
