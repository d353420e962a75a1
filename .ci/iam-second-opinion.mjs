// Holds the decisions of our evaluator against those of @cloud-copilot/iam-simulate, case by case.
// A tool of development: it is installed and run here, and is no part of what we build or ship.
//
//   node iam-second-opinion.mjs <folder with node_modules> <cases.json>
//
// Cases that the simulator cannot express (an action or a context key that it does not know) are
// counted and passed over; a case that it decides otherwise is an error.
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

const [folder, file] = process.argv.slice(2)
const require = createRequire(resolve(folder, 'from-here.js'))
const { runSimulation } = require('@cloud-copilot/iam-simulate')
const { account, roles, resources, cases } = JSON.parse(readFileSync(file, 'utf8'))

const tagged = (tags) =>
  Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:PrincipalTag/${key}`, value]))
const policyOf = (arn) => resources[arn] ?? resources[arn.split('/')[0]]
const whole = (name, policy) => ({ name, policy })

let [agreed, passedOver] = [0, 0]
const [why, differ] = [{}, []]
for (const { role, action, resource, context, allowed } of cases) {
  // No call carries a key without values; we deny it, to be on the safe side.
  if (Object.values(context).some((values) => values.length === 0)) {
    why['a key without values'] = (why['a key without values'] ?? 0) + 1
    passedOver++
    continue
  }
  const { arn, tags, policies } = roles[role]
  const answer = await runSimulation(
    {
      request: {
        principal: arn,
        action,
        resource: { resource, accountId: account },
        contextVariables: { ...tagged(tags), ...context }
      },
      identityPolicies: policies.map((policy, number) => whole(`policy-${number}`, policy)),
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      resourcePolicy: policyOf(resource)
    },
    {}
  )
  const ignored = answer.result?.ignoredContextKeys ?? []
  if (answer.resultType !== 'single' || ignored.some((key) => key.toLowerCase() in asked(context))) {
    const reason =
      answer.resultType === 'single' ? `does not know ${ignored}` : (answer.errors?.message ?? answer.resultType)
    const short = reason.slice(0, 60)
    why[short] = (why[short] ?? 0) + 1
    passedOver++
  } else if ((answer.overallResult === 'Allowed') === allowed) {
    agreed++
  } else {
    differ.push(`${role}: ${action} on ${resource} ${JSON.stringify(context)}: we say ${allowed}, it says ${answer.overallResult}`)
  }
}

// TLS is the same in all cases and not what they are about.
function asked(context) {
  const keys = Object.keys(context).map((key) => key.toLowerCase())
  return Object.fromEntries(keys.filter((key) => !/securetransport|tlsversion/.test(key)).map((key) => [key, true]))
}

console.log(`second opinion: ${cases.length} cases, ${agreed} agreed, ${differ.length} differ, ${passedOver} not expressible`)
for (const [reason, count] of Object.entries(why)) console.log(`  ${count} × ${reason}`)
for (const line of differ.slice(0, 20)) console.error(line)
process.exit(differ.length === 0 && agreed >= 1000 ? 0 : 1)
