"""Who may do what: one row for every operation of the API, one column for every kind of caller.

The row that an operation acts upon belongs to one studio (its owner, an admin, an auditor) or to one creator (whose licence comes from
that studio). `foreign` is an admin of another studio, `stranger` and `staff` are members of none. `suspended` is the person who would be
right, after her account was suspended; `unscoped` is a token of hers that has every scope but the one in the second column. A token with
just that scope may do exactly what its owner may; `session` in the second column means that no token may do it at all, `-` that the
operation is open to everybody.

    201, 302 …  answered so                     401      nobody is signed in
    sees        a list with the row in it       404      the answer to an id that never was, byte for byte
    none        a list without it               role     403, the member's role is too low
    door        a page sends her to sign in     two-step 403, the studio asks for a second step at sign-in
    address     403, an invitation to another address
                                                holder   403, only the licence's holder
                                                scope    403, the token lacks the scope
                                                session  403, no token may
                                                unsigned 400, a webhook without a signature
"""

from dataclasses import dataclass

ACTORS = ("anonymous", "creator", "stranger", "owner", "admin", "auditor", "foreign", "staff", "suspended", "unscoped")
REFUSALS = {
    (401, "not_signed_in"): "401",
    (404, "not_found"): "404",
    (403, "role_too_low"): "role",
    (403, "two_step_needed"): "two-step",
    (403, "other_address"): "address",
    (403, "holder_only"): "holder",
    (403, "scope_missing"): "scope",
    (403, "session_needed"): "session",
    (400, "signature_invalid"): "unsigned",
}

TABLE = """
operation                   needs    anonymous creator  stranger owner    admin    auditor  foreign  staff    suspended unscoped

GET /health                 -        200       200      200      200      200      200      200      200      200       200
GET /ready                  -        200       200      200      200      200      200      200      200      200       200
GET /metrics                -        401       401      401      401      401      401      401      401      401       401
GET /api/v1/schema          -        200       200      200      200      200      200      200      200      200       200
POST /webhooks/stripe       -        unsigned  unsigned unsigned unsigned unsigned unsigned unsigned unsigned unsigned  unsigned
GET /trust/root.pub         -        200       200      200      200      200      200      200      200      200       200
GET /trust/revocations.json -        200       200      200      200      200      200      200      200      200       200
GET /trust/verifier.py      -        200       200      200      200      200      200      200      200      200       200
GET /trust/anchor.pem       -        200       200      200      200      200      200      200      200      200       200
GET /trust/odrl.jsonld      -        200       200      200      200      200      200      200      200      200       200
GET /trust/policies/{policy} -       302       302      302      302      302      302      302      302      302       302
catalogue                   -        sees      sees     sees     sees     sees     sees     sees     sees     sees      sees
disclosures_get - 200 200 200 200 200 200 200 200 200 200
tiers_get                   -        200       200      200      200      200      200      200      200      200       200

me                          read     401       200      200      200      200      200      200      200      401       scope
tokens_list                 read     401       sees     none     none     none     none     none     none     401       scope
tokens_issue                session  401       201      201      201      201      201      201      201      401       session
tokens_revoke               session  401       204      404      404      404      404      404      404      401       session

studios_list                read     401       none     none     sees     sees     sees     none     none     401       scope
studios_open                studio   401       201      201      201      201      201      201      201      401       scope
studios_members_invite      studio   401       404      404      201      201      role     404      404      401       scope
invitations_accept          studio   401       201      address  address  address  address  address  address  401       scope
studios_audit               read     401       404      404      sees     sees     sees     404      404      401       scope
studios_audit_csv           read     401       404      404      sees     sees     sees     404      404      401       scope
studios_audit_proof         read     401       404      404      200      200      200      404      404      401       scope
studios_audit_evidence      read     401       404      404      200      200      200      404      404      401       scope
studios_checkpoints         read     401       404      404      sees     sees     sees     404      404      401       scope
studios_checkpoints_growth  read     401       404      404      200      200      200      404      404      401       scope
studios_audit_entry_evidence  read 401 404 404 200 200 200 404 404 401 scope
studios_checkpoints_sign    studio   401       404      404      201      201      role     404      404      401       scope
studios_usage               read     401       404      404      sees     sees     sees     404      404      401       scope

titles_list                 read     401       none     none     sees     sees     sees     none     none     401       scope
titles_add                  studio   401       404      404      201      201      role     404      404      401       scope
titles_correct studio 401 404 404 200 200 role 404 404 401 scope
clearances_list read 401 404 404 sees sees sees 404 404 401 scope
clearances_say studio 401 404 404 201 201 role 404 404 401 scope
titles_cast studio 401 404 404 200 200 role 404 404 401 scope
titles_uncast studio 401 404 404 204 204 role 404 404 401 scope
performers_list read 401 none none sees sees sees none none 401 scope
performers_add studio 401 404 404 201 201 role 404 404 401 scope
performers_revise studio 401 404 404 200 200 role 404 404 401 scope
performers_withdraw studio 401 404 404 200 200 role 404 404 401 scope
bases_list                  read     401       none     none     sees     sees     sees     none     none     401       scope
bases_open                  studio   401       404      404      201      201      role     404      404      401       scope
bases_get                   read     401       404      404      200      200      200      404      404      401       scope
bases_parts                 studio   401       404      404      200      200      role     404      404      401       scope
bases_complete              studio   401       404      404      200      200      role     404      404      401       scope
bases_publish               studio   401       404      404      202      202      role     404      404      401       scope
adapters_list read 401 none none sees sees sees none none 401 scope
adapters_open studio 401 404 404 201 201 role 404 404 401 scope
adapters_get read 401 404 404 200 200 200 404 404 401 scope
adapters_parts studio 401 404 404 200 200 role 404 404 401 scope
adapters_complete studio 401 404 404 202 202 role 404 404 401 scope
adapters_from_model studio 401 404 404 202 404 404 404 404 401 scope
bases_in_house studio 401 404 404 201 201 role 404 404 401 scope
samples_list                read     401       404      404      sees     sees     sees     404      404      401       scope
samples_add                 studio   401       404      404      201      201      role     404      404      401       scope
samples_get                 read     401       404      404      200      200      200      404      404      401       scope
samples_part                studio   401       404      404      200      200      role     404      404      401       scope
samples_complete            studio   401       404      404      202      202      role     404      404      401       scope
samples_remove              studio   401       404      404      204      204      role     404      404      401       scope
offerings_list              read     401       none     none     sees     sees     sees     none     none     401       scope
offerings_open              studio   401       404      404      201      201      role     404      404      401       scope
tiers_list                  read     401       none     none     sees     sees     sees     none     none     401       scope
tiers_open                  studio   401       404      404      201      201      role     404      404      401       scope
tiers_revise                studio   401       404      404      201      201      role     404      404      401       scope
tiers_close                 studio   401       404      404      200      200      role     404      404      401       scope
tiers_reopen                studio   401       404      404      200      200      role     404      404      401       scope

orders_list                 read     401       sees     none     none     none     none     none     sees     401       scope
orders_open                 buy      401       201      201      201      201      201      201      201      401       scope
orders_get                  read     401       200      404      404      404      404      404      200      401       scope
orders_refund               buy      401       202      404      404      404      404      404      202      401       scope

licences_list               read     401       sees     none     sees     sees     sees     none     none     401       scope
licences_get                read     401       200      404      200      200      200      404      404      401       scope
licences_base_download      train    401       200      404      holder   holder   holder   404      404      401       scope
licences_adapter_download train 401 202 404 holder holder holder 404 404 401 scope
licences_seats_list         read     401       sees     404      sees     sees     sees     404      404      401       scope
licences_seats_offer        train    401       201      404      holder   holder   holder   404      404      401       scope
licences_seats_end          train    401       204      404      204      204      role     404      404      401       scope
seats_take                  train    401       201      address  address  address  address  address  address  401       scope
licences_suspend            studio   401       role     404      200      200      role     404      404      401       scope
licences_restore            studio   401       role     404      200      200      role     404      404      401       scope
licences_revoke             studio   401       role     404      200      200      role     404      404      401       scope

datasets_list               read     401       sees     none     none     none     none     none     none     401       scope
datasets_open               train    401       201      201      201      201      201      201      201      401       scope
datasets_read               read     401       200      404      404      404      404      404      404      401       scope
datasets_withdraw           train    401       204      404      404      404      404      404      404      401       scope
datasets_attest             train    401       200      404      404      404      404      404      404      401       scope
datasets_mean               train    401       200      404      404      404      404      404      404      401       scope
datasets_seal               train    401       200      404      404      404      404      404      404      401       scope
attestation_read            read     401       200      404      404      404      404      404      404      401       scope
captions_apply              train    401       200      404      404      404      404      404      404      401       scope
assets_list                 read     401       sees     404      404      404      404      404      404      401       scope
assets_add                  train    401       201      404      404      404      404      404      404      401       scope
assets_read                 read     401       200      404      404      404      404      404      404      401       scope
assets_caption              train    401       200      404      404      404      404      404      404      401       scope
assets_remove               train    401       204      404      404      404      404      404      404      401       scope
assets_parts                train    401       200      404      404      404      404      404      404      401       scope
assets_complete             train    401       202      404      404      404      404      404      404      401       scope
assets_preview              read     401       200      404      404      404      404      404      404      401       scope
consents_list read 401 sees 404 404 404 404 404 404 401 scope
consents_record train 401 201 404 404 404 404 404 404 401 scope
consents_withdraw train 401 200 404 404 404 404 404 404 401 scope
questions_list read 401 sees 404 404 404 404 404 404 401 scope
questions_answer train 401 200 404 404 404 404 404 404 401 scope
questions_ask train 401 201 404 404 404 404 404 404 401 scope
datasets_titles train 401 404 404 200 404 404 404 404 401 scope

projects_list               read     401       sees     none     none     none     none     none     none     401       scope
projects_declare            train    401       201      201      201      201      201      201      201      401       scope
quotes_ask                  train    401       201      404      404      404      404      404      404      401       scope
trainings_list              read     401       sees     none     none     none     none     none     none     401       scope
trainings_start             train    401       201      404      404      404      404      404      404      401       scope
sweeps_start                train    401       201      404      404      404      404      404      404      401       scope
sweeps_get                  read     401       200      404      404      404      404      404      404      401       scope
trainings_get               read     401       200      404      404      404      404      404      404      401       scope
trainings_cancel            train    401       200      404      404      404      404      404      404      401       scope
trainings_pause             train    401       200      404      404      404      404      404      404      401       scope
trainings_resume            train    401       200      404      404      404      404      404      404      401       scope
trainings_finish            train    401       200      404      404      404      404      404      404      401       scope
trainings_checkpoints       read     401       200      404      404      404      404      404      404      401       scope
trainings_events            read     401       200      404      404      404      404      404      404      401       scope

models_list                 read     401       sees     none     none     none     none     none     none     401       scope
models_get                  read     401       200      404      404      404      404      404      404      401       scope
models_declare              train    401       200      404      404      404      404      404      404      401       scope
models_hand_over            train    401       202      404      404      404      404      404      404      401       scope
handovers_get               train    401       200      404      404      404      404      404      404      401       scope

takedowns_reach             read     401       404      404      200      200      role     404      404      401       scope
takedowns_list              read     401       none     none     sees     sees     sees     none     none     401       scope
takedowns_begin             studio   401       404      404      202      202      role     404      404      401       scope
takedowns_get               read     401       404      404      200      200      200      404      404      401       scope
takedowns_lift              studio   401       404      404      200      200      role     404      404      401       scope
withdrawals_begin           train    401       202      404      404      404      404      404      404      401       scope

hooks_list                  read     401       sees     none     none     none     none     none     none     401       scope
hooks_register              train    401       201      201      201      201      201      201      201      401       scope
hooks_remove                train    401       204      404      404      404      404      404      404      401       scope
hooks_test                  train    401       202      404      404      404      404      404      404      401       scope
hooks_switch_on             train    401       200      404      404      404      404      404      404      401       scope
hooks_deliveries            read     401       200      404      404      404      404      404      404      401       scope
"""

# The pages, by their French addresses.
PAGES = """
operation                               needs    anonymous creator  stranger owner    admin    auditor  foreign  staff    suspended unscoped

GET /                                   -        200       200      200      200      200      200      200      200      200       200
GET /catalogue                          -        200       200      200      200      200      200      200      200      200       200
GET /catalogue/{offering}               -        200       200      200      200      200      200      200      200      200       200
GET /catalogue/{offering}/disclosure - 200 200 200 200 200 200 200 200 200 200
GET /catalogue/{offering}/tiers         -        200       200      200      200      200      200      200      200      200       200
GET /tiers/{tier}                       -        200       200      200      200      200      200      200      200      200       200
GET /legal/{page}                       -        200       200      200      200      200      200      200      200      200       200
GET /robots.txt                         -        200       200      200      200      200      200      200      200      200       200
GET /llms.txt                           -        200       200      200      200      200      200      200      200      200       200
GET /sitemap.xml                        -        200       200      200      200      200      200      200      200      200       200
POST /theme                             -        302       302      302      302      302      302      302      302      302       302
GET /samples/{sample}                   -        302       302      302      302      302      302      302      302      302       302
GET /verify                             -        200       200      200      200      200      200      200      200      200       200
GET /notice                             -        200       200      200      200      200      200      200      200      200       200
POST /notice                            -        302       302      302      302      302      302      302      302      302       302
GET /notice/sent                        -        302       302      302      302      302      302      302      302      302       302
GET /notice/{case}/{key}                -        200       200      200      200      200      200      200      200      200       200
POST /notice/{case}/{key}/confirm       -        302       302      302      302      302      302      302      302      302       302
POST /notice/{case}/{key}/appeal        -        302       302      302      302      302      302      302      302      302       302
POST /notice/{case}/{key}/answer        -        302       302      302      302      302      302      302      302      302       302

GET /tiers/{tier}/buy                   session  door     200      200      200      200      200      200      200      door     door
POST /tiers/{tier}/buy                  session  door     302      302      302      302      302      302      302      door     door
GET /tiers/{tier}/text                  -        200      200      200      200      200      200      200      200      200      200
GET /orders                             session  door     200      200      200      200      200      200      200      door     door
GET /orders/{order}                     session  door     200      404      404      404      404      404      200      door     door
GET /orders/{order}/state               session  204      200      404      404      404      404      404      200      204      204
POST /orders/{order}/pay                session  door     302      404      404      404      404      404      302      door     door
GET /orders/{order}/give-back           session  door     200      404      404      404      404      404      200      door     door
POST /orders/{order}/give-back          session  door     302      404      404      404      404      404      302      door     door
GET /orders/{order}/invoice             session  door     200      404      404      404      404      404      200      door     door
GET /licences                           session  door     200      200      200      200      200      200      200      door     door
GET /licences/{licence}                 session  door     200      404      200      200      200      404      404      door     door
GET /licences/{licence}/text            session  door     200      404      200      200      200      404      404      door     door
GET /licences/{licence}/base            session  door     200      404      200      200      200      404      404      door     door
POST /licences/{licence}/adapter session door 302 404 holder holder holder 404 404 door door
POST /licences/{licence}/base           session  door     200      404      holder   holder   holder   404      404      door     door

GET /datasets                           session  door     200      200      200      200      200      200      200      door     door
POST /datasets                          session  door     302      302      302      302      302      302      302      door     door
GET /datasets/{dataset}                 session  door     200      404      404      404      404      404      404      door     door
GET /datasets/{dataset}/clips           session  door     200      404      404      404      404      404      404      door     door
GET /datasets/{dataset}/captions        session  door     200      404      404      404      404      404      404      door     door
GET /datasets/{dataset}/seal            session  door     200      404      404      404      404      404      404      door     door
GET /datasets/{dataset}/withdraw        session  door     200      404      404      404      404      404      404      door     door
POST /datasets/{dataset}/captions       session  door     302      404      404      404      404      404      404      door     door
POST /datasets/{dataset}/attest         session  door     302      404      404      404      404      404      404      door     door
POST /datasets/{dataset}/licence        session  door     302      404      404      404      404      404      404      door     door
POST /datasets/{dataset}/seal           session  door     302      404      404      404      404      404      404      door     door
POST /datasets/{dataset}/withdraw       session  door     302      404      404      404      404      404      404      door     door
GET /datasets/{dataset}/titles session door 404 404 200 404 404 404 404 door door
POST /datasets/{dataset}/titles session door 404 404 302 404 404 404 404 door door
GET /datasets/{dataset}/people session door 200 404 404 404 404 404 404 door door
POST /datasets/{dataset}/people session door 302 404 404 404 404 404 404 door door
GET /datasets/{dataset}/people/new session door 200 404 404 404 404 404 404 door door
POST /datasets/{dataset}/people/new session door 302 404 404 404 404 404 404 door door
GET /consents/{consent}/paper session door 302 404 404 404 404 404 404 door door
POST /questions/{question}/reopen session door 302 404 404 404 404 404 404 door door
POST /clips/{asset}/question session door 302 404 404 404 404 404 404 door door
GET /clips/{asset}/{which}.jpg          session  door     302      404      404      404      404      404      404      door     door
POST /clips/{asset}/caption             session  door     302      404      404      404      404      404      404      door     door
POST /clips/{asset}/remove              session  door     302      404      404      404      404      404      404      door     door

GET /models                             session  door     200      200      200      200      200      200      200      door     door
GET /trainings/{training}               session  door     200      404      404      404      404      404      404      door     door
GET /trainings/{training}/stream        session  door     200      404      404      404      404      404      404      door     door
GET /trainings/{training}/now           session  door     200      404      404      404      404      404      404      door     door
POST /trainings/{training}/cancel       session  door     302      404      404      404      404      404      404      door     door
GET /desk/trainings                     session  door     404      404      404      404      404      404      200      door     door
POST /desk/trainings/drain              session  door     404      404      404      404      404      404      302      door     door
POST /desk/trainings/{training}/requeue session  door     404      404      404      404      404      404      302      door     door
GET /account/webhooks                   session  door     200      200      200      200      200      200      200      door     door
POST /account/webhooks                  session  door     302      302      302      302      302      302      302      door     door
POST /account/webhooks/{hook}/test      session  door     302      404      404      404      404      404      404      door     door
POST /account/webhooks/{hook}/switch-on session  door     302      404      404      404      404      404      404      door     door
POST /account/webhooks/{hook}/remove    session  door     302      404      404      404      404      404      404      door     door
POST /trainings/{training}/pause        session  door     302      404      404      404      404      404      404      door     door
POST /trainings/{training}/resume       session  door     302      404      404      404      404      404      404      door     door
POST /trainings/{training}/finish       session  door     302      404      404      404      404      404      404      door     door
GET /trainings/{training}/previews/{preview}/{form}  session door 302 404 404 404 404 404 404 door door
GET /models/{model}                     session  door     200      404      404      404      404      404      404      door     door
POST /models/{model}/name               session  door     302      404      404      404      404      404      404      door     door
POST /models/{model}/use                session  door     302      404      404      404      404      404      404      door     door
POST /models/{model}/withdraw           session  door     302      404      404      404      404      404      404      door     door
POST /models/{model}/handovers          session  door     302      404      404      404      404      404      404      door     door
GET /models/{model}/files/{artifact}    session  door     302      404      404      404      404      404      404      door     door
GET /models/{model}/previews/{preview}/{form}  session door 302 404 404 404 404 404 404 door door
GET /handovers/{handover}               session  door     200      404      404      404      404      404      404      door     door
GET /handovers/{handover}/file          session  door     302      404      404      404      404      404      404      door     door

GET /account                            session  door     200      200      200      200      200      200      200      door     door
GET /account/tokens                     session  door     200      200      200      200      200      200      200      door     door
GET /account/tokens/{token}/revoke      session  door     200      404      404      404      404      404      404      door     door
POST /account/tokens/{token}/revoke     session  door     302      404      404      404      404      404      404      door     door
GET /account/data                       session  door     200      200      200      200      200      200      200      door     door
GET /account/delete                     session  door     200      200      200      200      200      200      200      door     door
GET /account/two-step                   session  door     302      302      302      302      302      302      302      door     door
GET /account/closed                     -        200      200      200      200      200      200      200      200      200      200

GET /studio/                            session  door     200      200      302      302      302      302      200      door     door
POST /studio/                           session  door     302      302      302      302      302      302      302      door     door
GET /studio/{studio}                    session  door     404      404      200      200      200      404      404      door     door
GET /studio/{studio}/close              session  door     404      404      200      role     role     404      404      door     door
POST /licences/{licence}/seats          session  door     302      404      holder   holder   holder   404      404      door     door
POST /licences/{licence}/seats/{seat}   session  door     302      404      302      302      role     404      404      door     door
GET /seats/{ticket}                     -        200      200      200      200      200      200      200      200      200      200
POST /seats/{ticket}                    session  door     302      address  address  address  address  address  address  door     door
GET /studio/{studio}/licences           session  door     404      404      200      200      200      404      404      door     door
GET /studio/{studio}/licences/{licence} session  door     404      404      200      200      200      404      404      door     door
GET /studio/{studio}/licences/{licence}/{decision}     session door 404 404 200 200 role 404 404 door door
POST /studio/{studio}/licences/{licence}/{decision}    session door 404 404 302 302 role 404 404 door door
GET /studio/{studio}/log/evidence       session  door      404      404      200      200      200      404      404      door      door
GET /studio/{studio}/log/checkpoints    session  door      404      404      200      200      200      404      404      door      door
GET /studio/{studio}/log/checkpoints/{size}  session door 404 404 200 200 200 404 404 door door
GET /studio/{studio}/log/{entry}/proof  session  door      404      404      200      200      200      404      404      door      door
GET /studio/{studio}/log/{entry}/evidence  session door 404 404 200 200 200 404 404 door door
POST /studio/{studio}/log/checkpoints   session  door      404      404      302      302      role     404      404      door      door
GET /studio/{studio}/bases              session  door     404      404      200      200      200      404      404      door     door
GET /studio/{studio}/bases/send_base.py session  door     404      404      200      200      200      404      404      door     door
POST /studio/{studio}/bases/{base}/publish             session door 404 404 302 302 role 404 404 door door
POST /studio/{studio}/samples/{sample}/remove          session door 404 404 302 302 role 404 404 door door
GET /studio/{studio}/titles session door 404 404 200 200 200 404 404 door door
POST /studio/{studio}/titles session door 404 404 302 302 role 404 404 door door
GET /studio/{studio}/titles/{title} session door 404 404 200 200 200 404 404 door door
POST /studio/{studio}/titles/{title} session door 404 404 302 302 role 404 404 door door
POST /studio/{studio}/titles/{title}/clearance session door 404 404 302 302 role 404 404 door door
POST /studio/{studio}/titles/{title}/cast session door 404 404 302 302 role 404 404 door door
GET /studio/{studio}/titles/clearances/{clearance}/paper session door 404 404 302 302 302 404 404 door door
GET /studio/{studio}/titles/performers session door 404 404 200 200 200 404 404 door door
GET /studio/{studio}/titles/performers/new session door 404 404 200 200 role 404 404 door door
POST /studio/{studio}/titles/performers/new session door 404 404 302 302 role 404 404 door door
GET /studio/{studio}/titles/performers/{performer} session door 404 404 200 200 200 404 404 door door
POST /studio/{studio}/titles/performers/{performer} session door 404 404 302 302 role 404 404 door door
GET /studio/{studio}/titles/performers/{performer}/paper session door 404 404 302 302 302 404 404 door door
GET /studio/{studio}/adapters session door 404 404 200 200 200 404 404 door door
POST /studio/{studio}/adapters session door 404 404 302 302 role 404 404 door door
POST /studio/{studio}/adapters/{model}/publish session door 404 404 302 404 role 404 404 door door
GET /studio/{studio}/offers             session  door     404      404      200      200      200      404      404      door     door
POST /studio/{studio}/offers            session  door     404      404      302      302      role     404      404      door     door
GET /studio/{studio}/offers/{offering}/tiers/new       session door 404 404 200 200 role 404 404 door door
POST /studio/{studio}/offers/{offering}/tiers/new      session door 404 404 302 302 role 404 404 door door
GET /studio/{studio}/offers/{offering}/tiers/{tier}         session door 404 404 200 200 200 404 404 door door
GET /studio/{studio}/offers/{offering}/tiers/{tier}/edit    session door 404 404 200 200 role 404 404 door door
POST /studio/{studio}/offers/{offering}/tiers/{tier}/edit   session door 404 404 200 200 role 404 404 door door
POST /studio/{studio}/offers/{offering}/tiers/{tier}/switch session door 404 404 302 302 role 404 404 door door
GET /studio/{studio}/usage              session  door     404      404      200      200      200      404      404      door     door
GET /studio/{studio}/usage.csv          session  door     404      404      200      200      200      404      404      door     door
GET /studio/{studio}/usage.parquet      session  door     404      404      200      200      200      404      404      door     door
GET /studio/{studio}/members            session  door     404      404      200      200      200      404      404      door     door
POST /studio/{studio}/members           session  door     404      404      302      302      role     404      404      door     door
GET /studio/{studio}/members/{member}   session  door     404      404      200      200      200      404      404      door     door
POST /studio/{studio}/members/{member}  session  door     404      404      302      role     role     404      404      door     door
POST /studio/{studio}/members/invitations/{invitation} session door 404 404 302 302 role 404 404 door door
GET /studio/{studio}/log                session  door     404      404      200      200      200      404      404      door     door
GET /studio/{studio}/log.csv            session  door     404      404      200      200      200      404      404      door     door
GET /studio/invitations/{ticket}        -        200      200      200      200      200      200      200      200      200      200
POST /studio/invitations/{ticket}       session  door     302      address  address  address  address  address  address  door     door

GET /desk/                              session  door     404      404      404      404      404      404      200      door     door
GET /desk/{case}                        session  door     404      404      404      404      404      404      200      door     door
POST /desk/{case}/take-up               session  door     404      404      404      404      404      404      302      door     door
POST /desk/{case}/ask                   session  door     404      404      404      404      404      404      302      door     door
POST /desk/{case}/decide                session  door     404      404      404      404      404      404      302      door     door
GET /desk/leaks                         session  door     404      404      404      404      404      404      200      door     door
POST /desk/leaks                        session  door     404      404      404      404      404      404      302      door     door
GET /desk/leaks/{leak}                  session  door     404      404      404      404      404      404      200      door     door
GET /desk/takedowns                     session  door     404      404      404      404      404      404      200      door     door
GET /desk/reach/{item}                  session  door     404      404      404      404      404      404      200      door     door
POST /desk/reach/{item}                 session  door     404      404      404      404      404      404      302      door     door
GET /desk/takedowns/{takedown}          session  door     404      404      404      404      404      404      200      door     door
POST /desk/takedowns/{takedown}/lift    session  door     404      404      404      404      404      404      302      door     door
GET /withdraw/{item}                    session  door     200      404      404      404      404      404      404      door     door
POST /withdraw/{item}                   session  door     302      404      404      404      404      404      404      door     door
GET /withdrawals/{takedown}             session  door     200      404      404      404      404      404      404      door     door
POST /withdrawals/{takedown}/lift       session  door     302      404      404      404      404      404      404      door     door
GET /studio/{studio}/takedowns          session  door     404      404      200      200      200      404      404      door     door
GET /studio/{studio}/takedowns/reach/{item}         session door 404 404 200 200 role 404 404 door door
POST /studio/{studio}/takedowns/reach/{item}        session door 404 404 302 302 role 404 404 door door
GET /studio/{studio}/takedowns/{takedown}           session door 404 404 200 200 200 404 404 door door
POST /studio/{studio}/takedowns/{takedown}/lift     session door 404 404 302 302 role 404 404 door door
POST /studio/{studio}/takedowns/{takedown}/appeal   session door 404 404 302 302 role 404 404 door door

GET /home                               session  door     200      200      200      200      200      200      200      door     door
GET /trainings                          session  door     200      200      200      200      200      200      200      door     door
GET /trainings/new                      session  door     200      200      200      200      200      200      200      door     door
POST /trainings/new                     session  door     302      404      404      404      404      404      404      door     door
GET /trainings/new/{draft}/clips        session  door     200      404      404      404      404      404      404      door     door
POST /trainings/new/{draft}/clips       session  door     302      404      404      404      404      404      404      door     door
GET /trainings/new/{draft}/captions     session  door     200      404      404      404      404      404      404      door     door
POST /trainings/new/{draft}/captions    session  door     302      404      404      404      404      404      404      door     door
GET /trainings/new/{draft}/settings     session  door     200      404      404      404      404      404      404      door     door
POST /trainings/new/{draft}/settings    session  door     302      404      404      404      404      404      404      door     door
GET /trainings/new/{draft}/launch       session  door     200      404      404      404      404      404      404      door     door
POST /trainings/new/{draft}/launch      session  door     302      404      404      404      404      404      404      door     door
GET /trainings/new/{draft}/sweep        session  door     200      404      404      404      404      404      404      door     door
POST /trainings/new/{draft}/sweep       session  door     302      404      404      404      404      404      404      door     door
GET /trainings/sweeps/{sweep}           session  door     200      404      404      404      404      404      404      door     door
POST /trainings/sweeps/{sweep}/start    session  door     302      404      404      404      404      404      404      door     door
POST /trainings/new/{draft}/discard     session  door     302      404      404      404      404      404      404      door     door
"""


@dataclass(frozen=True)
class Line:
    operation: str
    needs: str
    expected: dict[str, str]

    @property
    def public(self) -> bool:
        return self.needs == "-"

    @property
    def rightful(self) -> str:
        """The creator where she may do it, otherwise the studio's owner, and staff where that is all."""
        return next((actor for actor in ("creator", "owner", "staff") if worked(self.expected[actor])), "owner")


def worked(cell: str) -> bool:
    return cell in ("sees", "none") or cell.startswith(("2", "302"))


def lines() -> dict[str, Line]:
    table: dict[str, Line] = {}
    for text in (TABLE, PAGES):
        head, *rows = [row for row in text.splitlines() if row]
        assert tuple(head.split()[2:]) == ACTORS
        for row in rows:
            words = row.split()
            last = 2 if words[0] in ("GET", "POST") else 1
            name, (needs, *cells) = " ".join(words[:last]), words[last:]
            assert name not in table, f"{name} stands twice"
            table[name] = Line(name, needs, dict(zip(ACTORS, cells, strict=True)))
    return table
