// Loaded into a gateway before anything else (`node --require`): its machine's clock is stepped when it is told to be.

const now = Date.now.bind(Date)
let offsetMs = 0
Date.now = () => now() + offsetMs
process.on('message', (message) => {
  if (typeof message?.stepClockMs === 'number') offsetMs += message.stepClockMs
})
// A gateway does not wait for more of these when it stops.
process.channel?.unref()
