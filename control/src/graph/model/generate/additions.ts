import type { GraphVersion } from '../entity-model.ts'

/** What Graph has got since the packages were published, written as they would write it. */
export const additions: Readonly<Record<GraphVersion, string>> = {
  'v1.0': `
    interface AppManagementApplicationConfiguration { identifierUris?: NullableOption<IdentifierUriConfiguration>; }
    interface AppManagementPolicyActorExemptions {
      customSecurityAttributes?: NullableOption<CustomSecurityAttributeExemption[]>;
    }
    interface Application {
      createdByAppId?: NullableOption<string>;
      isDisabled?: NullableOption<boolean>;
      managerApplications?: string[];
    }
    interface AuthenticationAppDeviceDetails {
      appVersion?: NullableOption<string>;
      clientApp?: NullableOption<string>;
      deviceId?: NullableOption<string>;
      operatingSystem?: NullableOption<string>;
    }
    interface AuthenticationEventListener { displayName?: NullableOption<string>; }
    interface AuthenticationMethod { createdDateTime?: NullableOption<string>; }
    interface AzureADJoinPolicy { localAdmins?: NullableOption<LocalAdminSettings>; }
    interface CloudPcDeviceImage { osVersionNumber?: NullableOption<string>; sizeInGB?: NullableOption<number>; }
    interface CloudPcGalleryImage { osVersionNumber?: NullableOption<string>; }
    interface CloudPcOnPremisesConnection {
      healthCheckPaused?: NullableOption<boolean>;
      inUseByCloudPc?: NullableOption<boolean>;
      scopeIds?: NullableOption<string[]>;
    }
    interface CommunicationsGuestIdentity { email?: NullableOption<string>; }
    interface ConditionalAccessPolicy extends PolicyDeletableItem { id?: string; }
    interface CrossTenantAccessPolicyAppServiceConnectSetting {
      applications?: NullableOption<CrossTenantAccessPolicyTargetConfiguration>;
    }
    interface CrossTenantAccessPolicyConfigurationDefault {
      appServiceConnectInbound?: NullableOption<CrossTenantAccessPolicyAppServiceConnectSetting>;
      m365CollaborationInbound?: NullableOption<CrossTenantAccessPolicyM365CollaborationInboundSetting>;
      m365CollaborationOutbound?: NullableOption<CrossTenantAccessPolicyM365CollaborationOutboundSetting>;
    }
    interface CrossTenantAccessPolicyConfigurationPartner {
      appServiceConnectInbound?: NullableOption<CrossTenantAccessPolicyAppServiceConnectSetting>;
      m365CollaborationInbound?: NullableOption<CrossTenantAccessPolicyM365CollaborationInboundSetting>;
      m365CollaborationOutbound?: NullableOption<CrossTenantAccessPolicyM365CollaborationOutboundSetting>;
    }
    interface CrossTenantAccessPolicyM365CollaborationInboundSetting {
      users?: NullableOption<CrossTenantAccessPolicyTargetConfiguration>;
    }
    interface CrossTenantAccessPolicyM365CollaborationOutboundSetting {
      usersAndGroups?: NullableOption<CrossTenantAccessPolicyTargetConfiguration>;
    }
    interface CustomAppManagementApplicationConfiguration {
      identifierUris?: NullableOption<IdentifierUriConfiguration>;
    }
    interface CustomAppManagementConfiguration {
      applicationRestrictions?: NullableOption<CustomAppManagementApplicationConfiguration>;
    }
    interface CustomSecurityAttributeExemption { id?: string; operator?: CustomSecurityAttributeComparisonOperator; }
    interface Fido2AuthenticationMethod {
      passkeyType?: NullableOption<PasskeyType>;
      publicKeyCredential?: NullableOption<WebauthnPublicKeyCredential>;
    }
    interface FederatedIdentityCredential { subject?: NullableOption<string>; }
    interface Fido2AuthenticationMethodConfiguration {
      defaultPasskeyProfile?: NullableOption<string>;
      includeTargets?: NullableOption<PasskeyAuthenticationMethodTarget[]>;
    }
    interface Group {
      accessType?: NullableOption<GroupAccessType>;
      isFavorite?: NullableOption<boolean>;
      onPremisesExtensionAttributes?: NullableOption<OnPremisesExtensionAttributes>;
      organizationId?: NullableOption<string>;
      resourceBehaviorOptions?: string[];
      resourceProvisioningOptions?: string[];
      welcomeMessageEnabled?: NullableOption<boolean>;
      infoCatalogs?: string[];
      unseenConversationsCount?: NullableOption<number>;
      unseenMessagesCount?: NullableOption<number>;
    }
    interface IdentifierUriConfiguration {
      nonDefaultUriAddition?: NullableOption<IdentifierUriRestriction>;
      uriAdditionWithoutUniqueTenantIdentifier?: NullableOption<IdentifierUriRestriction>;
    }
    interface IdentifierUriRestriction {
      excludeActors?: NullableOption<AppManagementPolicyActorExemptions>;
      excludeAppsReceivingV2Tokens?: NullableOption<boolean>;
      excludeSaml?: NullableOption<boolean>;
      isStateSetByMicrosoft?: boolean;
      restrictForAppsCreatedAfterDateTime?: NullableOption<string>;
      state?: AppManagementRestrictionState;
    }
    interface IncludeTarget { id?: string; targetType?: AuthenticationMethodTargetType; }
    interface KeyCredentialConfiguration { excludeActors?: NullableOption<AppManagementPolicyActorExemptions>; }
    interface LocalAdminSettings {
      enableGlobalAdmins?: NullableOption<boolean>;
      registeringUsers?: NullableOption<DeviceRegistrationMembership>;
    }
    interface ManagedDevice { managementState?: ManagementState; }
    interface NamedLocation extends PolicyDeletableItem { id?: string; }
    interface OnPremisesDirectorySynchronizationFeature {
      allowOnPremUpdateOfOnPremisesObjectIdentifierEnabled?: NullableOption<boolean>;
    }
    interface PasswordCredentialConfiguration { excludeActors?: NullableOption<AppManagementPolicyActorExemptions>; }
    interface PolicyDeletableItem { deletedDateTime?: NullableOption<string>; }
    interface ProfileCardProperty { isVisible?: boolean; }
    interface ServicePrincipal { createdByAppId?: NullableOption<string>; isDisabled?: NullableOption<boolean>; }
    interface SharePointGroupIdentity extends Identity {
      principalId?: NullableOption<string>;
      title?: NullableOption<string>;
    }
    interface SharePointIdentitySet { sharePointGroup?: NullableOption<SharePointGroupIdentity>; }
    interface SignIn {
      authenticationAppDeviceDetails?: NullableOption<AuthenticationAppDeviceDetails>;
      homeTenantId?: NullableOption<string>;
      resourceTenantId?: NullableOption<string>;
      servicePrincipalId?: NullableOption<string>;
      servicePrincipalName?: NullableOption<string>;
      userAgent?: NullableOption<string>;
    }
    interface UnifiedRoleAssignment { principalOrganizationId?: NullableOption<string>; }
    interface User {
      identityParentId?: NullableOption<string>;
      sponsorOf?: NullableOption<DirectoryObject[]>;
      cloudPCs?: NullableOption<CloudPC[]>;
    }
    interface PasskeyAuthenticationMethodTarget extends AuthenticationMethodTarget {
      allowedPasskeyProfiles?: NullableOption<string[]>;
    }
    interface WebauthnAuthenticationExtensionsClientOutputs {}
    interface WebauthnAuthenticatorAttestationResponse {
      attestationObject?: NullableOption<string>;
      clientDataJSON?: NullableOption<string>;
    }
    interface WebauthnPublicKeyCredential {
      clientExtensionResults?: NullableOption<WebauthnAuthenticationExtensionsClientOutputs>;
      id?: NullableOption<string>;
      response?: NullableOption<WebauthnAuthenticatorAttestationResponse>;
    }
    interface WindowsProtectionState { controlledConfigurationEnabled?: NullableOption<boolean>; }
    interface X509CertificateAuthenticationMethodConfiguration {
      certificateAuthorityScopes?: NullableOption<X509CertificateAuthorityScope[]>;
      issuerHintsConfiguration?: NullableOption<X509CertificateIssuerHintsConfiguration>;
    }
    interface X509CertificateAuthorityScope {
      includeTargets?: NullableOption<IncludeTarget[]>;
      publicKeyInfrastructureIdentifier?: NullableOption<string>;
      subjectKeyIdentifier?: NullableOption<string>;
    }
    interface X509CertificateIssuerHintsConfiguration { state?: NullableOption<X509CertificateIssuerHintsState>; }
    type AuthenticationMethodModes = "qrCodePin";
    type BaseAuthenticationMethod = "qrCodePin";
    type ConditionalAccessGrantControl = "riskRemediation";
    type CustomSecurityAttributeComparisonOperator = "equals" | "unknownFutureValue";
    type GroupAccessType = "none" | "private" | "secret" | "public" | "unknownFutureValue";
    type ManagementState = "managed" | "retirePending" | "retireFailed" | "wipePending" | "wipeFailed" |
      "unhealthy" | "deletePending" | "retireIssued" | "wipeIssued" | "wipeCanceled" | "retireCanceled" |
      "discovered" | "unknownFutureValue";
    type PasskeyType = "deviceBound" | "synced" | "unknownFutureValue";
    type RiskDetail = "microsoftRevokedSessions";
    type X509CertificateIssuerHintsState = "disabled" | "enabled" | "unknownFutureValue";
  `,
  beta: '',
}

/** Types and properties that the packages still name and Graph no longer has. */
export const removals: Readonly<Record<GraphVersion, ReadonlySet<string>>> = {
  'v1.0': new Set([
    'telecomExpenseManagementPartner',
    'iosDdmLobAppAssignmentSettings',
    'fido2AuthenticationMethod.createdDateTime',
    'microsoftAuthenticatorAuthenticationMethod.createdDateTime',
    'passwordAuthenticationMethod.createdDateTime',
    'platformCredentialAuthenticationMethod.createdDateTime',
    'temporaryAccessPassAuthenticationMethod.createdDateTime',
    'windowsHelloForBusinessAuthenticationMethod.createdDateTime',
  ]),
  beta: new Set(),
}
